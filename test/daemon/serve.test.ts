import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { addToken } from '../../src/config/tokens.ts';
import { openStoreFile } from '../../src/store/file.ts';
import { address, GOOD, line, ORCH, SETTINGS, serve } from '../support/serve.ts';
import { temporaryDirectory } from '../support/temporary.ts';

describe('orch serve', () => {
  it.each([
    ['without a webhook secret', { WEBHOOK_SECRET: '' }, 'E_WEBHOOK_SECRET', 'openssl rand -hex 32'],
    ['with a short one', { WEBHOOK_SECRET: 'short' }, 'E_WEBHOOK_SECRET', '32'],
    ['with the one that everybody knows', { WEBHOOK_SECRET: 'development' }, 'E_WEBHOOK_SECRET', 'everybody'],
    ['without a key', { PRIVATE_KEY: '' }, 'E_PRIVATE_KEY', 'PRIVATE_KEY_PATH'],
    ['with a key that is none', { PRIVATE_KEY: 'nonsense' }, 'E_PRIVATE_KEY', '.pem'],
    [
      'with a key that is not there',
      { PRIVATE_KEY: '', PRIVATE_KEY_PATH: '/nowhere.pem' },
      'E_PRIVATE_KEY',
      'nowhere.pem',
    ],
    ['without an App id', { APP_ID: '' }, 'E_APP_ID', 'APP_ID'],
    ['with a port that is none', { PORT: 'eighty' }, 'E_SETTINGS', 'PORT'],
  ])('%s refuses to start and names the remedy', async (_what, env, code, remedy) => {
    await using home = await temporaryDirectory();
    const { exitCode, stderr } = await serve(home.path, { ...GOOD, ...env });
    expect(exitCode).toBe(5);
    expect(stderr).toMatch(new RegExp(`^${code}: `));
    expect(stderr).toContain(remedy);
    expect(stderr).not.toContain(GOOD.PRIVATE_KEY.slice(100, 140));
  });

  it.each([
    ['a key with a typing error', 'serverr: {}\n', 'E_SETTINGS', '`server`'],
    [
      'no sandbox, and nobody to accept it',
      'sandbox: { kind: none }\n',
      'E_UNSANDBOXED',
      'allow_unsandboxed',
    ],
  ])('refuses settings with %s', async (_what, settings, code, hint) => {
    await using home = await temporaryDirectory();
    const { exitCode, stderr } = await serve(home.path, GOOD, settings);
    expect(exitCode).toBe(5);
    expect(stderr).toMatch(new RegExp(`^${code}: `));
    expect(stderr).toContain(hint);
  });

  it('says that a port is taken', async () => {
    await using home = await temporaryDirectory();
    const other = createServer();
    await new Promise<void>(done => other.listen(0, '127.0.0.1', done));
    const { port } = other.address() as AddressInfo;
    const { exitCode, stderr } = await serve(home.path, { ...GOOD, PORT: String(port) });
    other.close();
    expect(exitCode).toBe(5);
    expect(stderr).toContain(`E_PORT_TAKEN: Port ${port} on 127.0.0.1 is taken.`);
  });

  it('leaves a database of a newer Orch alone', async () => {
    await using home = await temporaryDirectory();
    const { default: Database } = await import('better-sqlite3');
    const database = new Database(join(home.path, 'orch.db'));
    database.pragma('user_version = 99');
    database.close();
    const { exitCode, stderr } = await serve(home.path, GOOD);
    expect(exitCode).toBe(5);
    expect(stderr).toContain('E_DATABASE_NEWER: The database has version 99');
  });

  it('lets a second daemon go, and the command line finds the first', async () => {
    await using home = await temporaryDirectory();
    const first = serve(home.path, GOOD);
    const url = await line(first, address);
    const second = await serve(home.path, GOOD);
    expect(second.exitCode).toBe(5);
    expect(second.stderr).toContain('E_SECOND_DAEMON');
    expect(() => openStoreFile(join(home.path, 'orch.db'))).toThrow(
      expect.objectContaining({ code: 'E_SECOND_DAEMON' }),
    );

    expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ status: 'ok' });
    expect((await fetch(`${url}/api/tasks`)).status).toBe(404);
    const env = { PATH: process.env.PATH ?? '', HOME: home.path, ORCH_HOME: home.path };
    const status = await execa(process.execPath, [ORCH, 'status', '--json'], { env, extendEnv: false });
    expect(JSON.parse(status.stdout)).toMatchObject({ pid: first.pid, url, tasks: {} });

    first.kill('SIGTERM');
    expect((await first).exitCode).toBe(0);
    expect(readFileSync(join(home.path, 'logs', 'orch.log'), 'utf8')).toContain('running agents go on');
    const gone = await execa(process.execPath, [ORCH, 'status'], { env, extendEnv: false, reject: false });
    expect([gone.exitCode, gone.stderr]).toEqual([3, expect.stringContaining('E_NO_DAEMON')]);
  });

  it('serves the API over TCP when the settings say so, to who brings a token', async () => {
    await using home = await temporaryDirectory();
    const daemon = serve(home.path, GOOD, `${SETTINGS}api: { enabled: true, tokens_file: ./tokens }\n`);
    const url = await line(daemon, address);
    const token = addToken(join(home.path, 'tokens'), 'board', 'read');
    const ask = (headers: Record<string, string>) => fetch(`${url}/api/orchestrator`, { headers });
    expect((await ask({})).status).toBe(401);
    expect(await (await ask({ authorization: `Bearer ${token}` })).json()).toMatchObject({
      pid: daemon.pid,
      url,
    });
    daemon.kill('SIGTERM');
    expect((await daemon).exitCode).toBe(0);
  });

  it('takes an unreachable webhook proxy as a warning, and tries again', async () => {
    await using home = await temporaryDirectory();
    const daemon = serve(home.path, { ...GOOD, WEBHOOK_PROXY_URL: 'http://127.0.0.1:9/channel' });
    expect(
      await line(daemon, text => (text.includes('webhook proxy is unreachable') ? text : null)),
    ).toContain('next try in');
    daemon.kill('SIGTERM');
    expect((await daemon).exitCode).toBe(0);
  });

  it('without credentials says that the port is taken as well', async () => {
    await using home = await temporaryDirectory();
    const other = createServer();
    await new Promise<void>(done => other.listen(0, '127.0.0.1', done));
    const { port } = other.address() as AddressInfo;
    const { exitCode, stderr } = await serve(home.path, { PORT: String(port) });
    other.close();
    expect([exitCode, stderr]).toEqual([5, expect.stringMatching(/^E_PORT_TAKEN: [^\n]*$/)]);
  });

  it('without credentials leads to the page that registers the App', async () => {
    await using home = await temporaryDirectory();
    const daemon = serve(home.path, { PORT: '0' });
    const url = await line(daemon, text => /http:\S+\/probot/.exec(text)?.[0] ?? null);
    const page = await (await fetch(url)).text();
    expect(page).toMatch(/pull_requests(&quot;|"):(&quot;|")write/);
    daemon.kill('SIGTERM');
    await daemon;
  });
});
