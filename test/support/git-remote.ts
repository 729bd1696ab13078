import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import type { Remote } from '../../src/forge/remote.ts';
import { runProgram } from '../../src/shared/program.ts';
import { temporaryDirectory } from './temporary.ts';

/** Real repositories behind `git http-backend`, which let nobody in without the token. */
export interface GitRemote extends AsyncDisposable {
  remote: Remote;
  /** The bare repository that is served. */
  directory: string;
  /** What arrived, as `GET /acme/widget.git/info/refs?service=… [user]`. */
  requests: string[];
  /** Commits files to a branch on the server, made when missing (at `from`), and returns the commit. */
  commit(
    branch: string,
    files: Record<string, string>,
    options?: { amend?: boolean; from?: string },
  ): Promise<string>;
  git(...args: string[]): Promise<string>;
}

export const TOKEN = 'ghs_secret-of-the-tests.0123456789012345678901234567';

export async function gitRemote(): Promise<GitRemote> {
  const home = await temporaryDirectory();
  const directory = join(home.path, 'acme', 'widget.git');
  const work = join(home.path, 'work');
  await runProgram('git', ['init', '-q', '--bare', '-b', 'main', directory], { env: ENVIRONMENT });
  await runProgram('git', ['init', '-q', '-b', 'main', work], { env: ENVIRONMENT });
  const git = (...args: string[]) => runProgram('git', args, { cwd: directory, env: ENVIRONMENT });
  await git('config', 'http.receivepack', 'true');

  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url} [${user(request)}]`);
    if (user(request) !== `x-access-token:${TOKEN}`) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end('no');
    } else backend(home.path, request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    remote: { url: `http://${host}/acme/widget.git`, name: 'acme/widget', host, token: async () => TOKEN },
    directory,
    requests,
    git,
    commit: (branch, files, options) => commitTo(work, directory, branch, files, options),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await home[Symbol.asyncDispose]();
    },
  };
}

/** Git's environment for a person in tests: nothing of the machine's settings. */
const ENVIRONMENT = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
};

async function commitTo(
  work: string,
  directory: string,
  branch: string,
  files: Record<string, string>,
  { amend = false, from }: { amend?: boolean; from?: string } = {},
): Promise<string> {
  const git = (...args: string[]) => runProgram('git', args, { cwd: work, env: ENVIRONMENT });
  const refs = await git('ls-remote', directory);
  if (refs.includes(`refs/heads/${branch}\n`) || refs.endsWith(`refs/heads/${branch}`)) {
    await git('fetch', '-q', directory, branch);
    await git('checkout', '-q', '--detach', 'FETCH_HEAD');
  } else if (from) await git('checkout', '-q', '--detach', from);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(work, path)), { recursive: true });
    await writeFile(join(work, path), text);
  }
  await git('add', '-A');
  await git('commit', '-q', '--allow-empty', ...(amend ? ['--amend'] : []), '-m', `Change ${branch}`);
  await git('push', '-q', '--force', directory, `HEAD:refs/heads/${branch}`);
  return git('rev-parse', 'HEAD');
}

function user(request: IncomingMessage): string {
  const [, encoded = ''] = (request.headers.authorization ?? '').split(' ');
  return Buffer.from(encoded, 'base64').toString();
}

function backend(root: string, request: IncomingMessage, response: ServerResponse): void {
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const child = spawn('git', ['http-backend'], {
    env: {
      ...ENVIRONMENT,
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      REMOTE_USER: 'x-access-token',
      REQUEST_METHOD: request.method,
      PATH_INFO: path,
      QUERY_STRING: query,
      CONTENT_TYPE: request.headers['content-type'],
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
      CONTENT_LENGTH: request.headers['content-length'],
      GIT_PROTOCOL: request.headers['git-protocol'] as string | undefined,
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(child.stdin);
  child.stdin.on('error', () => {});
  let head = Buffer.alloc(0);
  child.stdout.on('data', (chunk: Buffer) => {
    if (response.headersSent) return void response.write(chunk);
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    const lines = head
      .subarray(0, end)
      .toString()
      .split('\r\n')
      .map(line => line.split(': '));
    const status = lines.find(([name]) => name === 'Status')?.[1];
    response.writeHead(Number(status?.slice(0, 3) ?? 200), Object.fromEntries(lines));
    response.write(head.subarray(end + 4));
  });
  child.on('close', () => response.end());
}
