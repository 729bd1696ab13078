import { describe, expect, it } from 'vitest';
import { checkWish } from '../../src/choice/wish.ts';

const HERE = [
  { name: 'claude', capabilities: ['code', 'docs'] },
  { name: 'codex', capabilities: ['code', 'tests'] },
  { name: 'fixer', capabilities: [] },
];

describe('a wish that somebody here may take', () => {
  it.each([
    {},
    { agent: 'fixer' },
    { capabilities: ['code'] },
    { capabilities: ['code', 'tests'] },
    { agent: 'claude', capabilities: ['docs'] },
  ])('passes: %j', wish => {
    expect(() => checkWish(HERE, null, wish)).not.toThrow();
  });
});

describe('a wish that nobody here may take is refused, with what there is', () => {
  const refuse = (wish: Parameters<typeof checkWish>[2], allowed: string[] | null = null) =>
    expect(() => checkWish(HERE, allowed, wish));

  it('without any agent', () => {
    refuse({}, ['gemini']).toThrow(expect.objectContaining({ code: 'E_NO_AGENT' }));
  });

  it('of an agent that is not here, or not for this repository', () => {
    const error = { code: 'E_UNKNOWN_AGENT', remedy: 'Agents: `claude`, `codex`, `fixer`.' };
    refuse({ agent: 'cluade' }).toThrow(expect.objectContaining(error));
    refuse({ agent: 'cluade' }).toThrow('There is no agent `cluade` here; did you mean `claude`?');
    refuse({ agent: 'codex' }, ['claude']).toThrow('There is no agent `codex` here');
  });

  it('of a capability that nobody has', () => {
    refuse({ capabilities: ['test'] }).toThrow(
      'No agent here has the capability `test`; did you mean `tests`?',
    );
    refuse({ capabilities: ['lint', 'speed'] }).toThrow('No agent here has the capability `lint`, `speed`');
    const remedy =
      'Ask without it, or for what is there: `claude` has `code`, `docs`; `codex` has `code`, `tests`; `fixer` has none.';
    refuse({ capabilities: ['lint'] }).toThrow(expect.objectContaining({ code: 'E_CAPABILITY', remedy }));
  });

  it('of capabilities that nobody has together', () => {
    refuse({ capabilities: ['docs', 'tests'] }).toThrow(
      'No agent here has the capability `docs`, `tests` in one',
    );
  });

  it('of one that the asked-for agent lacks', () => {
    refuse({ agent: 'claude', capabilities: ['tests'] }).toThrow(
      'The agent `claude` has not the capability `tests`',
    );
  });
});
