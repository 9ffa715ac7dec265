import { vi } from 'vitest';
import { playAll } from './play-all';
import { services } from './scenarios/services';

vi.mock('../../../src/autonomous-op/receivers', () => vi.importActual('./receivers'));

playAll('who is told when something happens to services', services);
