/**
 * The first program in a session's sandbox: `inside.ts [--forward] [--relay SOCKET] program [arguments]`. Outside, the sandbox ignores
 * what ^C and SIGTERM send to the terminal's whole group, so that it lasts as long as its agent; that would be inherited,
 * so here the agent gets each signal's default back, and its exit code goes out. With `--forward` signals come to this program alone, and it passes them on. The relay leads from the proxy's address
 * inside to its socket outside. Loads nothing but Node's own modules.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { connect, createServer, type Socket } from 'node:net';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { PROXY_PORT } from './proxy-port.ts';

/** How long to go on trying to reach the proxy: the daemon may just be restarting. */
const PATIENCE_MS = 15_000;

const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  options: { forward: { type: 'boolean' }, relay: { type: 'string' } },
  allowPositionals: true,
});
let child: ChildProcess | null = null;
for (const signal of ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => values.forward && child?.kill(signal));
}
if (values.relay !== undefined) await relay(values.relay);
run(positionals);

function run([program = '', ...args]: string[]): void {
  child = spawn(program, args, { stdio: 'inherit' });
  child.on('error', error => {
    process.stderr.write(`orch: ${program} can't be run: ${error.message}\n`);
    // As a shell says it.
    process.exit((error as NodeJS.ErrnoException).code === 'ENOENT' ? 127 : 126);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
}

function relay(path: string): Promise<void> {
  const server = createServer({ allowHalfOpen: true }, async client => {
    client.on('error', () => client.destroy());
    const proxy = await reach(path).catch(() => null);
    if (proxy === null) return client.destroy();
    proxy.on('error', () => client.destroy());
    client.on('close', () => proxy.destroy());
    client.pipe(proxy).pipe(client);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(PROXY_PORT, '127.0.0.1', resolve);
  });
}

async function reach(path: string): Promise<Socket> {
  for (const started = Date.now(); ; ) {
    try {
      return await open(path);
    } catch (error) {
      if (Date.now() - started > PATIENCE_MS) throw error;
      await delay(200);
    }
  }
}

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true });
    socket.once('error', reject).once('connect', () => resolve(socket.off('error', reject)));
  });
}
