import { createInterface } from 'node:readline';
import type { Refusal } from '../../broker/protocol.ts';
import { ask, exchange, type Io } from './broker-client.ts';
import { git } from './git.ts';
import { sendPack } from './pack.ts';

/**
 * git-remote-orch: takes `git push` to the run's broker. Git starts it for the address that `pushInsteadOf` made of
 * origin's, and speaks gitremote-helpers(7) with it. Git itself checks for fast-forwards and leases and shows verdicts.
 */
export async function serveGit(io: Io): Promise<number> {
  const session: Session = { io, refs: {}, dryRun: false };
  let pushes: string[] = [];
  for await (const line of createInterface({ input: io.input })) {
    const [command = '', ...words] = line.split(' ');
    if (command === 'push') pushes.push(words.join(' '));
    else if (command === 'capabilities') io.print('option\npush\n\n');
    else if (command === 'option') io.print(`${setOption(session, words)}\n`);
    else if (command === 'list') io.print(await list(session));
    else if (line === '' && pushes.length > 0) {
      for (const refspec of pushes) io.print(await push(session, refspec));
      io.print('\n');
      pushes = [];
    } else if (line === '') break;
    else throw new Error(`git asked git-remote-orch for something unknown: ${command}`);
  }
  return 0;
}

interface Session {
  io: Io;
  /** What the daemon has, as it said when git asked for the list. */
  refs: Record<string, string>;
  dryRun: boolean;
}

function setOption(session: Session, [name, value]: string[]): string {
  if (name === 'dry-run') session.dryRun = value === 'true';
  // Leases are judged by git against the list, and the broker refuses when the list has changed since.
  return ['dry-run', 'verbosity', 'progress', 'cas'].includes(name ?? '') ? 'ok' : 'unsupported';
}

async function list(session: Session): Promise<string> {
  session.refs = (await ask(session.io, { kind: 'refs' })).refs;
  const lines = Object.entries(session.refs).map(([ref, sha]) => `${sha} ${ref}\n`);
  return `${lines.join('')}\n`;
}

/** Pushes one `[+]source:target` and returns git's line for it. */
async function push(session: Session, refspec: string): Promise<string> {
  // By force or not, the broker takes it with a lease on the tip that it pushed last: git has compared the two before.
  const colon = refspec.indexOf(':');
  const source = refspec.slice(refspec.startsWith('+') ? 1 : 0, colon);
  const ref = refspec.slice(colon + 1);
  try {
    const refused = session.dryRun ? null : await send(session, source, ref);
    return refused === null ? `ok ${ref}\n` : `error ${ref} ${verdict(refused, session.io)}\n`;
  } catch (error) {
    return `error ${ref} ${verdict(error instanceof Error ? error.message : String(error), session.io)}\n`;
  }
}

/** Null when it was taken, else the reason. */
async function send({ io, refs }: Session, source: string, ref: string): Promise<string | null> {
  const sha = source === '' ? null : await git(io, 'rev-parse', '--verify', source);
  const question = { kind: 'push' as const, ref, old: refs[ref] ?? null, new: sha };
  if (sha === null) return reason(await exchange(io, question));
  const answer = await sendPack(io, sha, Object.values(refs), pack => exchange(io, question, pack));
  return reason(answer);
}

function reason(answer: { ok: true } | Refusal): string | null {
  return answer.ok ? null : [answer.message, answer.remedy].filter(Boolean).join('\n');
}

// A verdict is one line; what GitHub says besides is shown as git shows a server's remarks.
function verdict(message: string, io: Io): string {
  const [first = '', ...more] = message.split('\n');
  for (const line of more) io.warn(`remote: ${line}\n`);
  return first;
}
