import { vi } from 'vitest';
import { playAll } from './play-all';
import { lostStores, fullStores } from './scenarios/stores';

vi.mock('../../../src/autonomous-op/receivers', () => vi.importActual('./receivers'));

playAll('who is told when something happens to stores', [...lostStores, ...fullStores]);
