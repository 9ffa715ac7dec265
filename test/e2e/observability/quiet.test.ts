import { vi } from 'vitest';
import { playAll } from './play-all';
import { quiet } from './scenarios/quiet';

vi.mock('../../../src/autonomous-op/receivers', () => vi.importActual('./receivers'));

playAll('who is told on a good day', quiet);
