import childProcess, { type ChildProcess } from 'node:child_process';
import { promises } from 'node:fs';
import { ServerResponse } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { Server } from 'node:net';
import { basename } from 'node:path';
import { pass } from './crash.ts';

/** Makes programs, signals, files, calls to GitHub and answers to it points. What only reads is none. */
export function watchBoundaries(): void {
  watchPrograms();
  watchSignals();
  watchFiles();
  watchServers();
  watchCalls();
  // Whoever imports these by name gets what they are now.
  syncBuiltinESMExports();
}

const EFFECTS: Record<string, ReadonlySet<string>> = {
  git: new Set(['init', 'fetch', 'worktree', 'index-pack', 'update-ref', 'push']),
  tmux: new Set(['new-session', 'kill-session']),
};

/** `before`, then `during` when the program has just begun, `after` when it has ended and nobody knows yet. */
function watchPrograms(): void {
  const { spawn } = childProcess;
  childProcess.spawn = ((file: string, args: readonly string[], options: { cwd?: unknown }) => {
    const name = programName(file, args, options);
    if (name === null) return spawn(file, args, options as object);
    pass(`${name}:before`);
    const child: ChildProcess = spawn(file, args, options as object);
    child.once('exit', () => pass(`${name}:after`));
    pass(`${name}:during`);
    return child;
  }) as typeof spawn;
}

function programName(file: string, args: readonly string[], options: { cwd?: unknown }): string | null {
  const verbs = EFFECTS[basename(file)];
  const verb = args.find(word => verbs?.has(word));
  if (verb === undefined) return null;
  return `${/\/workspaces\/.*\/tree$/.test(String(options?.cwd)) ? 'rescue ' : ''}${basename(file)} ${verb}`;
}

function watchSignals(): void {
  const { kill } = process;
  process.kill = (pid, signal) => {
    if (typeof signal !== 'string') return kill.call(process, pid, signal);
    pass(`signal ${signal}:before`);
    try {
      return kill.call(process, pid, signal);
    } finally {
      pass(`signal ${signal}:after`);
    }
  };
  process.on('SIGTERM', () => pass('stop asked:after'));
}

const FILES: [RegExp, string][] = [
  [/\/objects\/pack\/[^/]*$/, 'move pack'],
  [/\/workspaces\/[^/]+\/ready$/, 'workspace ready'],
  [/\/workspaces\/[^/]+$/, 'remove workspace'],
  [/\/runs\/[^/]+$/, 'remove run'],
  [/\/stores\/.*\.git$/, 'move store'],
];

function watchFiles(): void {
  const { rm, rename, writeFile } = promises;
  promises.rm = (path, options) => around(fileName(path), () => rm(path, options));
  promises.rename = (from, to) => around(fileName(to), () => rename(from, to));
  promises.writeFile = (file, ...rest) => around(fileName(file), () => writeFile(file, ...rest));
}

function fileName(path: unknown): string | null {
  return FILES.find(([pattern]) => pattern.test(String(path)))?.[1] ?? null;
}

async function around<T>(name: string | null, work: () => Promise<T>): Promise<T> {
  if (name === null) return await work();
  pass(`${name}:before`);
  const result = await work();
  pass(`${name}:after`);
  return result;
}

function watchServers(): void {
  const { listen } = Server.prototype;
  // biome-ignore lint/suspicious/noExplicitAny: it has eight signatures
  Server.prototype.listen = function (this: Server, ...args: any[]) {
    const path = typeof args[0] === 'string' ? args[0] : args[0]?.path;
    const name = path === undefined ? 'webhooks' : basename(path, '.sock');
    pass(`${name} listen:before`);
    this.once('listening', () => pass(`${name} listen:after`));
    return Reflect.apply(listen, this, args);
  };
  const { end } = ServerResponse.prototype;
  // biome-ignore lint/suspicious/noExplicitAny: it has three signatures
  ServerResponse.prototype.end = function (this: ServerResponse, ...args: any[]) {
    if (this.statusCode !== 202) return Reflect.apply(end, this, args);
    pass('answer 202:before');
    this.once('finish', () => pass('answer 202:after'));
    return Reflect.apply(end, this, args);
  };
}

function watchCalls(): void {
  const { fetch } = globalThis;
  globalThis.fetch = async (input, init) => {
    const method = init?.method ?? 'GET';
    if (method === 'GET') return await fetch(input, init);
    return await around(`${method} ${routeOf(String(input))}`, () => fetch(input, init));
  };
}

/** `comments` of `/repos/acme/shop/issues/1/comments` and of `/repos/acme/shop/issues/comments/981`. */
function routeOf(url: string): string {
  const parts = new URL(url).pathname.split('/').filter(part => part !== '' && !/^\d+$/.test(part));
  return parts.at(-1) ?? '';
}
