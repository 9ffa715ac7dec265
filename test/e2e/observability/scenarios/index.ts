/* The table of who is told of what. */

import { Scenario } from '../scenario';
import { quiet } from './quiet';
import { services } from './services';
import { fullStores, lostStores } from './stores';
import { watching } from './watching';

/** Every scenario. */
export const scenarios: readonly Scenario[] = [...quiet, ...services, ...lostStores, ...fullStores, ...watching];
