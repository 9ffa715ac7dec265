import { vi } from 'vitest';
import { playAll } from './play-all';
import { watching } from './scenarios/watching';

vi.mock('../../../src/autonomous-op/receivers', () => vi.importActual('./receivers'));

playAll('who is told when something happens to what watches', watching);
