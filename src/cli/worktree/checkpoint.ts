import { ask, type Io } from './broker-client.ts';
import { sendPack } from './pack.ts';
import { snapshot } from './snapshot.ts';

/** Names of files that are told to the broker; more are counted. */
const MOST_NAMES = 20;

/** `orch checkpoint [NOTE]`: has Orch keep the worktree as it is now, with all that is not committed. */
export async function checkpoint(args: readonly string[], io: Io): Promise<number> {
  const { branch, refs } = await ask(io, { kind: 'refs' });
  const { tree, sha, leftOut } = await snapshot(io, branch);
  const question = {
    kind: 'checkpoint' as const,
    new: sha,
    note: args.join(' ').slice(0, 200) || null,
    leftOut: shown(leftOut),
  };
  const made = await sendPack({ cwd: tree, env: io.env }, sha, Object.values(refs), pack =>
    ask(io, question, pack),
  );
  const what = made.created
    ? `Checkpoint ${made.number} is made.`
    : `Nothing has changed since checkpoint ${made.number}.`;
  io.print(`${what}\n`);
  for (const name of question.leftOut) io.warn(`left out: ${name}\n`);
  return 0;
}

function shown(names: readonly string[]): string[] {
  const first = names.slice(0, MOST_NAMES).map(name => name.slice(0, 300));
  return names.length > MOST_NAMES ? [...first, `${names.length - MOST_NAMES} more`] : first;
}
