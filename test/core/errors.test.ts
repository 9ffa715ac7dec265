import { describe, expect, it } from 'vitest';
import { describeProblem, InvalidInputError, ValidationError } from '../../src/core/errors';

describe('errors', () => {
  it('say where, what with the value, and what to do, on two lines', () => {
    const error = new InvalidInputError('shop/orders', 'replicas is 0', 'Set replicas to at least 1');
    expect(error.message).toBe('shop/orders: replicas is 0.\n  Set replicas to at least 1.');
    expect(describeProblem('shop/orders', 'replicas is 0', 'Set replicas to at least 1')).toBe(error.message);
  });

  it('go by their own names, which a caller tells apart', () => {
    expect(new InvalidInputError('a', 'b', 'c').name).toBe('InvalidInputError');
    expect(new ValidationError([]).name).toBe('ValidationError');
  });

  it('of a whole tree are listed all at once', () => {
    expect(new ValidationError(['first: one.\n  Do this.', 'second: two.\n  Do that.']).message).toBe(
      'first: one.\n  Do this.\nsecond: two.\n  Do that.',
    );
  });
});
