import { delimiter, isAbsolute, join } from 'node:path';
import { OrchError } from '../../shared/errors.ts';
import { isExecutable, tryProgram } from '../../shared/program.ts';
import { bubblewrap } from './bwrap.ts';
import { container, requireImage } from './container.ts';
import type { Network } from './network.ts';
import { probeAlone, unavailable } from './probe.ts';
import { type Sandbox, unsandboxed } from './sandbox.ts';

export interface Sandboxes {
  /** The sandbox that was found last; null while none could be had. */
  readonly found: Sandbox | null;
  /** Looks again, so that what is put right on the host counts at once. Errors: E_SANDBOX_UNAVAILABLE. */
  find(): Promise<Sandbox>;
}

export interface SandboxWish {
  kind: 'auto' | 'bwrap' | 'container' | 'none';
  network: Network;
  /** For `container`; without one there is none. */
  image: string | null;
  env: NodeJS.ProcessEnv;
}

/** Finds what `sandbox.kind` asks for on this host. It is that or nothing: never less. */
export function openSandboxes(wish: SandboxWish): Sandboxes {
  let found: Sandbox | null = wish.kind === 'none' ? unsandboxed : null;
  return {
    get found() {
      return found;
    },
    async find() {
      found ??= await findFor(wish);
      return found;
    },
  };
}

async function findFor(wish: SandboxWish): Promise<Sandbox> {
  if (wish.kind === 'container') return await findContainer(wish);
  try {
    return await findBubblewrap(wish);
  } catch (error) {
    if (wish.kind !== 'auto' || wish.image === null || !(error instanceof OrchError)) throw error;
    return await findContainer(wish).catch(other => {
      throw other instanceof OrchError
        ? new OrchError(other.code, `${error.message}; ${other.message}`)
        : other;
    });
  }
}

async function findBubblewrap({ network, env }: SandboxWish): Promise<Sandbox> {
  const program = which('bwrap', env);
  if (program === null) throw unavailable('bubblewrap (bwrap) is not installed');
  const version = await tryProgram(program, ['--version']);
  if (!isRecent(version.stdout)) throw unavailable(`${version.stdout} is too old: 0.8.0 is needed`);
  const sandbox = bubblewrap(program, network);
  await probeAlone(sandbox);
  return sandbox;
}

async function findContainer({ network, image, env }: SandboxWish): Promise<Sandbox> {
  const engine = which('docker', env) ?? which('podman', env);
  if (engine === null) throw unavailable('neither docker nor podman is installed');
  if (image === null) throw unavailable('sandbox.image names no image for containers');
  const options = { engine, image, network, env };
  await requireImage(options);
  const sandbox = container(options);
  await probeAlone(sandbox);
  return sandbox;
}

function which(name: string, { PATH = '' }: NodeJS.ProcessEnv): string | null {
  const folders = PATH.split(delimiter).filter(isAbsolute);
  return folders.map(folder => join(folder, name)).find(isExecutable) ?? null;
}

// --disable-userns came with 0.8.0.
function isRecent(text: string): boolean {
  const [major = 0, minor = 0] = /(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number) ?? [];
  return major > 0 || minor >= 8;
}
