import type { Proof, ProofRun } from '../store/proofs.ts';

/** Files of a commit, ready to be tested. */
export interface ProofTree {
  /** Runs the tests; ends early when they take too long. */
  test(): Promise<Omit<ProofRun, 'where'> & { code: number | null; failed: string[] }>;
}

export interface ProofWorld {
  /** Makes the trees anew; a sentence where that does not work. */
  tree(where: ProofRun['where']): Promise<ProofTree | string>;
  now(): number;
}

export type Claim = Pick<Proof, 'base' | 'head' | 'command' | 'tests'> & {
  /** The work changes how tests are run, as far as its files tell. */
  isOtherCommand: boolean;
  /** Test files that it takes away. */
  gone: readonly string[];
};

type Outcome = Pick<Proof, 'verdict' | 'reason'> & Partial<Pick<Proof, 'failing' | 'failedBefore' | 'flaky'>>;
type Ran = ProofRun & { code: number | null; failed: string[] };

/** What is claimed is run so often in all; where it took longer, once is enough. */
const TIMES = 3;
const REPEAT_WITHIN_MS = 10 * 60_000;

/** Nothing was run: there is no such program, it may not be run, or what holds it could not be made. */
const CANT_RUN = [125, 126, 127];

/**
 * Shows what the work's tests say of it. It is proven when its new or changed tests, or where there are none those that are
 * there, fail on the base and all pass on it; broken when something fails on it that passed on the base; else nothing is
 * proven. What is claimed has to come out the same three times: what differs is flaky, is named, and proves nothing.
 */
export async function prove(world: ProofWorld, claim: Claim): Promise<Proof> {
  const { isOtherCommand, gone, ...about } = claim;
  const runs: Ran[] = [];
  const began = world.now();
  const outcome = await find();
  const { failedBefore = [], failing = [], flaky = [], ...said } = outcome;
  const kept = runs.map(({ code: _code, failed: _failed, ...run }) => run);
  return { ...about, ...said, failedBefore, failing, flaky, runs: kept };

  async function find(): Promise<Outcome> {
    if (claim.command === null)
      return notRun('no command that runs the tests is known: name it as `test:` in `.github/orch.yml`');
    const after = await run('after');
    if (typeof after === 'string') return notRun(after);
    if (after.passed) return await whenGreen(after);
    return await whenRed(after);
  }

  async function whenGreen(after: Ran): Promise<Outcome> {
    if (gone.length > 0) return unproven(`the tests pass, and the work takes tests away: ${some(gone)}`);
    if (isOtherCommand) return unproven('the tests pass, and the work changes how they are run');
    const isNew = claim.tests.length > 0;
    const before = await run(isNew ? 'tests' : 'before');
    if (typeof before === 'string')
      return unproven(`the tests pass, and whether they failed before is not known: ${before}`);
    if (before.passed)
      return unproven(
        isNew
          ? 'the new or changed tests pass without the change, too'
          : 'no test was added or changed, and those that are there passed before',
      );
    if (cantRun(before)) return unproven("the tests pass, and can't be run on the base");
    if (before.ended !== null)
      return unproven(`the tests pass, and whether they failed before is not known: ${before.ended}`);
    const flaky = await repeat([after, before]);
    if (flaky !== null) return flaky;
    const reason = isNew
      ? 'the new or changed tests failed before and pass now'
      : 'tests that failed before pass now; none of them was changed';
    return { verdict: 'proven', reason, failedBefore: before.failed };
  }

  async function whenRed(after: Ran): Promise<Outcome> {
    const before = await run('before');
    if (typeof before === 'string')
      return unproven(`the tests fail, and whether they did before is not known: ${before}`);
    if (cantRun(after) && !before.passed)
      return notRun(`the command can't be run here (exit code ${after.code})`);
    const failing = after.failed.filter(name => !before.failed.includes(name));
    const isNew = before.passed || (before.failed.length > 0 && failing.length > 0);
    if (!isNew) {
      const why = after.ended === null ? '' : ` (now: ${after.ended})`;
      return { ...unproven(`the tests failed before the change, too${why}`), failing: after.failed };
    }
    const flaky = await repeat([after, before]);
    if (flaky !== null) return flaky;
    const why = after.ended === null ? '' : `: ${after.ended}`;
    return { verdict: 'broken', reason: `tests that passed before fail now${why}`, failing };
  }

  async function run(where: ProofRun['where']): Promise<Ran | string> {
    const tree = await world.tree(where);
    if (typeof tree === 'string') return tree;
    const ran = await tree.test();
    const all = { ...ran, where, failed: ran.passed ? [] : ran.failed };
    runs.push(all);
    return all;
  }

  /** What came out differently is flaky; null when all came out the same. */
  async function repeat(first: readonly Ran[]): Promise<Outcome | null> {
    for (const { where, passed, failed } of first) {
      const seen = [{ passed, failed }];
      while (seen.length < TIMES && world.now() - began < REPEAT_WITHIN_MS) {
        const again = await run(where);
        if (typeof again === 'string') break;
        seen.push(again);
      }
      const names = new Set(seen.flatMap(each => each.failed));
      const flaky = [...names].filter(name => !seen.every(each => each.failed.includes(name)));
      const differs = seen.some(each => each.passed !== passed);
      if (!differs && flaky.length === 0) continue;
      const some = flaky.length > 0 ? flaky : [claim.command as string];
      return { ...unproven('tests come out differently each time'), flaky: some };
    }
    return null;
  }
}

function some(names: readonly string[]): string {
  const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
  return `${names.slice(0, 3).join(', ')}${more}`;
}

function cantRun({ code }: Ran): boolean {
  return code !== null && CANT_RUN.includes(code);
}

function unproven(reason: string): Outcome {
  return { verdict: 'unproven', reason };
}

function notRun(reason: string): Outcome {
  return { verdict: 'not_run', reason };
}
