import { vi } from 'vitest';
import { playAll } from './play-all';
import { lostStores } from './scenarios/stores';

vi.mock('../../../src/autonomous-op/receivers', () => vi.importActual('./receivers'));

playAll('who is told when stores are lost', lostStores);
