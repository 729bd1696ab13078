/**
 * The first program in a session's sandbox: `inside.ts program [arguments]`. Outside, the sandbox ignores what ^C and
 * SIGTERM send to the terminal's whole group, so that it lasts as long as its agent; that would be inherited, so here the
 * agent gets each signal's default back, and its exit code goes out. It loads nothing but Node's own modules.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const [program = '', ...args] = process.argv.slice(2);
for (const signal of ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
const child = spawn(program, args, { stdio: 'inherit' });
child.on('error', error => {
  process.stderr.write(`orch: ${program} can't be run: ${error.message}\n`);
  // As a shell says it.
  process.exit((error as NodeJS.ErrnoException).code === 'ENOENT' ? 127 : 126);
});
child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
