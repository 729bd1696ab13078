import { delimiter, isAbsolute, join } from 'node:path';
import { isExecutable, tryProgram } from '../../shared/program.ts';
import { bubblewrap } from './bwrap.ts';
import type { Network } from './network.ts';
import { probeAlone, unavailable } from './probe.ts';
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
  const sandbox = bubblewrap(program, network);
  await probeAlone(sandbox);
  return sandbox;
}

// --disable-userns came with 0.8.0.
function isRecent(text: string): boolean {
  const [major = 0, minor = 0] = /(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number) ?? [];
  return major > 0 || minor >= 8;
}
