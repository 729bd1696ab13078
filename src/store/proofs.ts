import type { Connection } from './connection.ts';

export type ProofVerdict = 'proven' | 'unproven' | 'broken' | 'not_run';

/** What running the tests of a task's work has shown: on the commit where it begins, and on its newest. */
export interface Proof {
  base: string;
  head: string;
  verdict: ProofVerdict;
  /** Why, as the end of a sentence for people. */
  reason: string;
  /** The shell command that runs the tests; null where none is known. */
  command: string | null;
  /** Test files that the work adds or changes; paths in the repository. */
  tests: string[];
  /** Tests by name, as far as their runner names them: that failed on the base, that fail now, that do now this, now that. */
  failedBefore: string[];
  failing: string[];
  flaky: string[];
  runs: ProofRun[];
}

/** `before` is the base, `tests` the base with the work's test files, `after` the work. */
export interface ProofRun {
  where: 'before' | 'tests' | 'after';
  passed: boolean;
  seconds: number;
  /** Why it was ended early; null where it ended by itself. */
  ended: string | null;
  /** The end of what was printed. */
  output: string;
}

/** The newest proof of each task. */
export function openProofs(db: Connection) {
  const put = db.prepare(
    `insert into proofs (task, proof, at) values (?, ?, ?)
     on conflict (task) do update set proof = excluded.proof, at = excluded.at`,
  );
  const get = db.prepare('select proof from proofs where task = ?');
  const forget = db.prepare('delete from proofs where task = ?');
  return {
    put: (task: number, proof: Proof, now: number): void => void put.run(task, JSON.stringify(proof), now),
    get(task: number): Proof | null {
      const row = get.get(task) as { proof: string } | undefined;
      return row === undefined ? null : JSON.parse(row.proof);
    },
    /** The next look makes it anew. */
    forget: (task: number): void => void forget.run(task),
  };
}
