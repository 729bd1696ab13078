import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { experienceOf } from '../../src/choice/experience.ts';
import { type Load, prefer } from '../../src/choice/prefer.ts';
import type { PastRun } from '../../src/store/past.ts';
import { aProfile, NOW } from '../support/tasks.ts';

interface History {
  succeeded?: number;
  failed?: number;
  seconds?: number;
  usd?: number | null;
  repositoryId?: number;
}

function pastOf({
  succeeded = 0,
  failed = 0,
  seconds = 60,
  usd = null,
  repositoryId = 7,
}: History): PastRun[] {
  const one = {
    spawnedAt: NOW - seconds * 1000,
    endedAt: NOW,
    costUsd: usd,
    pullState: null,
    repositoryId,
    capabilities: '[]',
  };
  return Array.from({ length: succeeded + failed }, (_, n) => ({
    outcome: n < succeeded ? 'succeeded' : 'failed',
    ...one,
  }));
}

/** Who of some agents is taken, each with two places, and why. */
function taken(histories: Record<string, History>, busy: readonly string[] = []) {
  const profiles = Object.keys(histories).map(name => aProfile(name, 2));
  const load: Load = busy.map((profile, n) => ({
    ...{ task: n + 1, repositoryId: 7, branch: null, profile },
    slot: busy.slice(0, n).filter(name => name === profile).length + 1,
  }));
  const isFree = ({ name }: { name: string }) => busy.filter(each => each === name).length < 2;
  const known = ({ name }: { name: string }) =>
    experienceOf(pastOf(histories[name] ?? {}), { repositoryId: 7, capabilities: [] }, NOW);
  const found = prefer({ profiles, why: null }, isFree, load, known);
  return found && `${found.profile}-${found.slot}: ${found.choice}`;
}

describe('of several free agents', () => {
  it('who succeeds clearly more often takes the task', () => {
    expect(taken({ claude: { succeeded: 3, failed: 9 }, codex: { succeeded: 11, failed: 1 } })).toBe(
      'codex-1: succeeded in 11 of 12, claude in 3 of 12',
    );
  });

  it('what one did elsewhere counts too, while it is enough', () => {
    expect(taken({ claude: { failed: 40, repositoryId: 8 }, codex: {} })).toBe(
      'codex-1: succeeded in no run yet, claude in 0 of 40 elsewhere',
    );
    expect(taken({ claude: { failed: 4, repositoryId: 8 }, codex: {} })).toContain('claude-1: least loaded');
  });

  it('who takes less than half the time does, of those that succeed as often', () => {
    const histories = { claude: { succeeded: 9, seconds: 500 }, codex: { succeeded: 9, seconds: 200 } };
    expect(taken(histories)).toBe('codex-1: takes 3 min 20 s, claude 8 min 20 s');
    expect(taken({ ...histories, claude: { succeeded: 9, seconds: 400 } })).toContain('least loaded');
  });

  it('who costs less than half does, of those that take as long', () => {
    const histories = { claude: { succeeded: 9, usd: 3 }, codex: { succeeded: 9, usd: 1 } };
    expect(taken(histories)).toBe('codex-1: costs 1.00 USD, claude 3.00 USD');
    expect(taken({ ...histories, claude: { succeeded: 9, usd: null } })).toContain('least loaded');
    expect(taken({ ...histories, codex: { succeeded: 9, usd: 0 } })).toBe(
      'codex-1: costs 0.00 USD, claude 3.00 USD',
    );
  });

  it('the least loaded does, of those that do as well, and then the least tried', () => {
    const even = { claude: { succeeded: 3 }, codex: { succeeded: 4 } };
    expect(taken(even, ['claude'])).toBe('codex-1: least loaded, 0 of 2');
    expect(taken(even, ['codex'])).toBe('claude-1: least loaded, 0 of 2');
    expect(taken({ claude: { succeeded: 1 }, codex: {} })).toBe(
      'codex-1: least loaded, 0 of 2, and least tried',
    );
    expect(taken({ claude: { succeeded: 99 }, codex: { succeeded: 5 } })).toBe(
      'claude-1: least loaded, 0 of 2',
    );
  });

  it('passes over several at once, and goes on to the load', () => {
    const bad = { failed: 20 };
    expect(taken({ a: bad, b: {}, c: bad, d: { succeeded: 1 } }, ['b'])).toBe(
      'd-1: succeeded in 1 of 1, a in 0 of 20, c in 0 of 20; least loaded, 0 of 2',
    );
  });

  it('the best one is not waited for while it is busy', () => {
    expect(taken({ claude: { failed: 50 }, codex: { succeeded: 50 } }, ['codex', 'codex'])).toBe(
      'claude-1: the only free one',
    );
    expect(taken({ claude: {}, codex: {} }, ['codex', 'claude', 'codex', 'claude'])).toBeNull();
  });

  it('none is banished by a single failure, nor passed over untried, however good the others are', () => {
    fc.assert(
      fc.property(fc.nat(100), fc.nat(100), fc.boolean(), (succeeded, rest, hasFailed) => {
        const failed = Math.min(rest, 100 - succeeded);
        const newcomer = hasFailed ? { failed: 1 } : {};
        const found = taken({ veteran: { succeeded, failed }, newcomer }, ['veteran']);
        expect(found).toMatch(/^newcomer-1/);
      }),
    );
  });

  it('one of them is taken whatever stands there as their cost', () => {
    const usd = fc.option(fc.double({ noNaN: true }));
    fc.assert(
      fc.property(usd, usd, (one, two) => {
        const found = taken({ a: { succeeded: 5, usd: one }, b: { succeeded: 5, usd: two } });
        expect(found).toMatch(/^[ab]-1: /);
      }),
    );
  });

  it('the same is taken for the same rows, in one of its free places', () => {
    const history = fc.record({
      succeeded: fc.nat(50),
      failed: fc.nat(50),
      seconds: fc.nat(9999),
      usd: fc.nat(9),
    });
    const names = ['a', 'b', 'c'];
    fc.assert(
      fc.property(
        fc.tuple(history, history, history),
        fc.array(fc.constantFrom(...names)),
        (three, wanted) => {
          const busy = wanted.filter(
            (name, n) => wanted.slice(0, n).filter(each => each === name).length < 2,
          );
          const histories = Object.fromEntries(names.map((name, n) => [name, three[n] as History]));
          const found = taken(histories, busy);
          expect(taken(histories, busy)).toBe(found);
          const [, name = '', slot] = /^([abc])-(\d)/.exec(found ?? '') ?? [];
          const mine = busy.filter(each => each === name).length;
          if (found === null) expect(busy).toHaveLength(6);
          else expect(Number(slot)).toBe(mine + 1);
        },
      ),
    );
  });
});
