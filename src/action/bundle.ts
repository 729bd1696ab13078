import type { OwnProgram } from '../shared/own-programs.ts';

/** Those of Orch's own programs that a job needs: the Action is one file, and starts itself as each of them. */
const PROGRAMS: Partial<Record<OwnProgram, () => Promise<unknown>>> = {
  worktree: () => import('../cli/worktree/main.ts'),
  narrator: () => import('../agent/watch/main.ts'),
  inside: () => import('../agent/sandbox/inside.ts'),
};

// The runner starts it without arguments. A program finds its own where it would without its name before them.
const [name] = process.argv.splice(2, 1);
const program = name === undefined ? () => import('./main.ts') : PROGRAMS[name as OwnProgram];
if (!program) throw new Error(`The Action has no program ${name}`);
await program();
