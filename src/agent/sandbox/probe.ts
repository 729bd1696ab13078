import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OrchError } from '../../shared/errors.ts';
import { tryGroup } from '../../shared/program.ts';
import { UNLIMITED } from '../limits/limits.ts';
import type { Network } from './network.ts';
import type { Enclosure, Places, Sandbox } from './sandbox.ts';

// Of a shell only what is built in: a program to start would take longer than all the rest.
const SCRIPT = `outside=$1 broker=$2 network=$3
[ -s "$outside" ] && echo 'files outside can be seen' && (: >>"$outside") 2>/dev/null && echo 'and written'
(: >/orch-probe) 2>/dev/null && echo 'the system can be written'
[ -S "$broker" ] || echo 'the broker is out of reach'
set -- /proc/[0-9]*
[ $# -lt 10 ] || echo 'other processes can be seen'
[ "$network" = open ] || while read -r name _; do
  case $name in lo:* | Inter-* | face) ;; *) echo "the network can be reached, by $name" ;; esac
done </proc/net/dev
echo probed
`;

/**
 * Tries what a sandbox promises, from within: that of the outside nothing can be seen or written, no other processes and no
 * network, and that the broker can be reached. Errors: E_SANDBOX_UNAVAILABLE, with what does not hold.
 */
export async function probe(
  { prefix, environment }: Enclosure,
  expected: {
    tree: string;
    /** A folder that must not be seen; a file is made there and taken away. */
    outside: string;
    broker: string;
    network: Network;
  },
): Promise<void> {
  const { tree, broker, network } = expected;
  const outside = join(expected.outside, 'probe');
  await writeFile(outside, 'outside', { mode: 0o600 });
  const [file = '', ...words] = [...prefix, '/bin/sh', '-c', SCRIPT, 'probe', outside, broker, network];
  const tried = await tryGroup(file, words, { cwd: tree, env: environment, timeout: 10_000 });
  await rm(outside);
  const said = tried.stdout.split('\n');
  if (said.pop() !== 'probed')
    throw unavailable(`it can't be made: ${tried.stderr || `exit code ${tried.exitCode}`}`);
  if (said.length > 0) throw unavailable(`it does not hold: ${said.join('; ')}`);
}

export function unavailable(why: string): OrchError {
  return new OrchError('E_SANDBOX_UNAVAILABLE', `No sandbox for agents: ${why}`);
}

/** Probes a kind of sandbox as a run would have it, in a folder made for that. Errors: E_SANDBOX_UNAVAILABLE. */
export async function probeAlone(sandbox: Sandbox): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'orch-probe-'));
  const broker = join(folder, 'sockets', 'broker.sock');
  const server = createServer();
  try {
    const places = await placesIn(folder);
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(broker, resolve));
    await probe(sandbox.enclose(places), {
      tree: places.tree,
      outside: folder,
      broker,
      network: sandbox.network,
    });
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function placesIn(folder: string): Promise<Places> {
  const [tree, sockets] = [join(folder, 'tree'), join(folder, 'sockets')];
  await Promise.all([mkdir(tree), mkdir(sockets)]);
  return {
    run: 'probe',
    tree,
    own: [tree],
    home: join(folder, 'home'),
    temporary: join(folder, 'tmp'),
    read: [sockets],
    egress: join(sockets, 'egress.sock'),
    command: [],
    expose: { read: [], write: [] },
    hidden: [],
    limits: UNLIMITED,
    environment: { HOME: join(folder, 'nobody'), PATH: '/usr/bin:/bin' },
  };
}
