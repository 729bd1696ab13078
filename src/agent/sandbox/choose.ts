import { delimiter, isAbsolute, join } from 'node:path';
import { OrchError } from '../../shared/errors.ts';
import { isExecutable, tryProgram } from '../../shared/program.ts';
import { bubblewrap } from './bwrap.ts';
import type { Network } from './network.ts';
import { type Sandbox, unsandboxed } from './sandbox.ts';

export interface Sandboxes {
  /** The sandbox that was found last; null while none could be had. */
  readonly found: Sandbox | null;
  /** Looks again, so that what is put right on the host counts at once. Errors: E_SANDBOX_UNAVAILABLE. */
  find(): Promise<Sandbox>;
}

/** Finds what `sandbox.kind` asks for on this host. It is that or nothing: never less. */
export function openSandboxes(options: {
  kind: 'auto' | 'bwrap' | 'none';
  network: Network;
  path: string;
}): Sandboxes {
  let found: Sandbox | null = options.kind === 'none' ? unsandboxed : null;
  return {
    get found() {
      return found;
    },
    async find() {
      found ??= await findBubblewrap(options.path, options.network);
      return found;
    },
  };
}

async function findBubblewrap(path: string, network: Network): Promise<Sandbox> {
  const folders = path.split(delimiter).filter(isAbsolute);
  const program = folders.map(folder => join(folder, 'bwrap')).find(isExecutable);
  if (program === undefined) throw unavailable('bubblewrap (bwrap) is not installed');
  const version = await tryProgram(program, ['--version']);
  if (!isRecent(version.stdout)) throw unavailable(`${version.stdout} is too old: 0.8.0 is needed`);
  const tried = await tryProgram(program, [
    ...['--unshare-user', '--disable-userns', '--unshare-pid', '--unshare-net'],
    ...['--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', '--', '/bin/true'],
  ]);
  if (tried.exitCode !== 0) throw unavailable(`bwrap can't make a sandbox: ${tried.stderr}`);
  return bubblewrap(program, network);
}

// --disable-userns came with 0.8.0.
function isRecent(text: string): boolean {
  const [major = 0, minor = 0] = /(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number) ?? [];
  return major > 0 || minor >= 8;
}

function unavailable(why: string): OrchError {
  return new OrchError('E_SANDBOX_UNAVAILABLE', `No sandbox for agents: ${why}`);
}
