import { describe, expect, it } from 'vitest';
import { describeError, ERRORS, OrchError } from '../../src/shared/errors.ts';

describe('an error', () => {
  it('is told with its code, what happened and the next step', () => {
    expect(describeError(new OrchError('E_NO_DAEMON', 'No daemon answers'))).toBe(
      'E_NO_DAEMON: No daemon answers. Start it with: orch start (in a repository), or orch serve (the GitHub App).',
    );
  });

  it('keeps a sentence that is one, a remedy of its own, and its cause', () => {
    const cause = new Error('beneath');
    const error = new OrchError('E_GITHUB', 'Really?', { cause, remedy: 'Wait.' });
    expect(describeError(error)).toBe('E_GITHUB: Really? Wait.');
    expect(error.cause).toBe(cause);
    expect('cause' in new OrchError('E_GITHUB', 'x')).toBe(false);
  });

  it('of another kind is told by its message, and anything thrown as text', () => {
    expect(describeError(new TypeError('no such thing'))).toBe('no such thing');
    expect(describeError('thrown')).toBe('thrown');
    expect(describeError(undefined)).toBe('undefined');
  });

  it.each(Object.entries(ERRORS))('%s has a next step', (code, remedy) => {
    expect(code).toMatch(/^E_[A-Z_]+$/);
    expect(remedy.length).toBeGreaterThan(5);
  });
});
