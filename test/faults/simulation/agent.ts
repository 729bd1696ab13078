import { OrchError } from '../../../src/shared/errors.ts';
import type { Surroundings } from './host.ts';
import type { Orch } from './orch.ts';

export type Act =
  | 'commit'
  | 'push'
  | 'open'
  | 'say done'
  | 'end well'
  | 'end badly'
  | 'vanish'
  | 'turn stubborn'
  | 'come to a limit'
  | 'get over it'
  | 'ask'
  | 'do it all';

/** An agent at its work; what it asks of the broker goes on while other things happen. */
export function work(
  { around: { host, graph }, orch }: { around: Surroundings; orch: Orch | null },
  run: string | undefined,
  act: Act,
): void {
  const session = run === undefined ? undefined : host.sessions.get(run);
  const workspace = host.workspaces.get(session?.workspace ?? '');
  if (run === undefined || session === undefined || workspace === undefined) return;
  const broker = orch?.broker(run);
  const wake = () => orch?.wake(Number(/\d+/.exec(run)?.[0]));
  const commit = async () => {
    host.act(run);
    workspace.tip = graph.make([workspace.tip]);
  };
  const push = async () => await broker?.push({ new: workspace.tip, pack: null as never, isLast: false });
  const open = async () =>
    await broker?.pullRequest({ title: `What ${run} did`, body: '', base: null, draft: false });
  const done = async () => await broker?.done('It works.');
  const end = (exitCode: number | null) => async () => {
    host.end(run, exitCode);
    wake();
  };
  const acts: Record<Act, (() => Promise<unknown>)[]> = {
    commit: [commit],
    push: [push],
    open: [open],
    'say done': [done],
    'end well': [end(0)],
    'end badly': [end(1)],
    vanish: [end(null)],
    'come to a limit': [
      async () => {
        session.limit = { kind: 'usage', reason: 'the limit is reached', until: null };
        wake();
      },
    ],
    'get over it': [
      async () => {
        session.limit = null;
      },
    ],
    ask: [async () => orch?.ask(run)],
    'turn stubborn': [async () => host.turnStubborn(run)],
    'do it all': [commit, push, open, done, end(0)],
  };
  void inTurn(acts[act]);
}

/** As a shell script goes on: until something is refused. */
async function inTurn(acts: readonly (() => Promise<unknown>)[]): Promise<void> {
  try {
    for (const act of acts) await act();
  } catch (error) {
    const isNetwork =
      error instanceof TypeError || typeof (error as { status?: unknown }).status === 'number';
    if (!(error instanceof OrchError) && !isNetwork) throw error;
  }
}
