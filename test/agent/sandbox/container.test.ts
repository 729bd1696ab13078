import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type RunLimits, UNLIMITED } from '../../../src/agent/limits/limits.ts';
import { openSandboxes, type SandboxWish } from '../../../src/agent/sandbox/choose.ts';
import { container } from '../../../src/agent/sandbox/container.ts';
import type { Places } from '../../../src/agent/sandbox/sandbox.ts';
import { GOOD_AGENT, REPOSITORY, repositoryOf, startTestApp } from '../../support/app.ts';
import { bubblewrap } from '../../support/sandbox.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const host = await temporaryDirectory();
afterAll(() => host[Symbol.asyncDispose]());

/** A folder for PATH with an engine in it that behaves as one, and what it has running. */
const bin = join(host.path, 'bin');
const running = join(host.path, 'containers');
for (const folder of [bin, running]) mkdirSync(folder);
const script = resolve(import.meta.dirname, '../../fixtures/engine/docker.mjs');
writeFileSync(join(bin, 'docker'), `#!/bin/sh\nexec '${process.execPath}' '${script}' "$@"\n`, {
  mode: 0o755,
});
const env = { PATH: bin, DOCKER_HOST: `unix://${running}` };

const wish = (changes: Partial<SandboxWish> = {}): SandboxWish => ({
  kind: 'container',
  network: 'listed',
  image: 'agents:1',
  env,
  ...changes,
});

describe('a container', () => {
  const places = (changes: Partial<Places> = {}): Places => ({
    run: 'T1.1',
    tree: '/w/tree',
    own: [],
    home: join(host.path, 'home'),
    temporary: join(host.path, 'tmp'),
    read: [],
    egress: '/w/egress.sock',
    command: [],
    expose: { read: [], write: [] },
    hidden: [],
    limits: UNLIMITED,
    environment: { PATH: '/run/bin:/usr/bin', HOME: '/home/someone', KEY: 'canary' },
    ...changes,
  });
  const docker = (engine = '/usr/bin/docker') =>
    container({
      engine,
      image: 'agents:1',
      network: 'listed',
      env: { DOCKER_HOST: 'unix:///d', SECRET: 'x' },
    });

  it('has no value of the environment in its arguments, and the engine only what reaches it', () => {
    const { prefix, environment } = docker().enclose(places());
    expect(prefix.slice(0, 4)).toEqual(['/usr/bin/env', 'DOCKER_HOST=unix:///d', '/usr/bin/docker', 'run']);
    expect(prefix.join(' ')).not.toMatch(/canary|SECRET/);
    expect(prefix.join(' ')).toContain('--env KEY ');
    expect(environment.KEY).toBe('canary');
    expect(prefix.slice(-3)).toEqual(['--entrypoint', '', 'agents:1']);
  });

  it('has the network that is asked for, and none offline', () => {
    const network = (prefix: readonly string[]) => prefix[prefix.indexOf('--network') + 1];
    const open = container({ engine: '/d', image: 'i', network: 'open', env: {} });
    expect(network(docker().enclose(places()).prefix)).toBe('none');
    expect(network(open.enclose(places()).prefix)).toBe('bridge');
    expect(network(open.enclose(places(), { offline: true }).prefix)).toBe('none');
  });

  it('is held to what the run may take by the engine, whose programs are in no group of ours', () => {
    const words = (limits: RunLimits) => docker().enclose(places({ limits })).prefix.join(' ');
    expect(words({ memoryMb: 512, cpuPercent: 150, processes: 64 })).toContain(
      ' --memory 512m --memory-swap 512m --cpus 1.5 --pids-limit 64 ',
    );
    expect(words(UNLIMITED)).not.toMatch(/--memory|--cpus|--pids/);
  });

  it('shows nothing of the system, which is its own', () => {
    const { prefix } = docker().enclose(places());
    const sources = prefix.flatMap(word => /source=([^,]*)/.exec(word)?.[1] ?? []);
    expect(
      sources.filter(source => /^\/(usr|etc|bin|lib)/.test(source) && source !== process.execPath),
    ).toEqual([]);
  });

  it('does not take paths that its arguments can not say', () => {
    const odd = join(host.path, 'a,b');
    mkdirSync(odd);
    expect(() => docker().enclose(places({ read: [odd] }))).toThrow(
      expect.objectContaining({ code: 'E_SANDBOX_UNAVAILABLE' }),
    );
  });
});

describe.skipIf(bubblewrap === null)('on a host with an engine (a pretended one)', () => {
  it.each(['container', 'auto'] as const)('%s is a container where there is no bubblewrap', async kind => {
    expect(await openSandboxes(wish({ kind })).find()).toMatchObject({
      kind: 'container',
      network: 'listed',
    });
    expect(readdirSync(running)).toEqual([]);
  });

  it.each([
    ['no image is named', wish({ image: null }), 'names no image'],
    ['the image is not there', wish({ image: 'other:1' }), 'Pull it: docker pull other:1'],
    ['no engine is there', wish({ env: { PATH: '/nowhere' } }), 'neither docker nor podman'],
    ['the engine does not answer', wish({ env: { PATH: bin } }), 'Cannot connect'],
    [
      'nothing at all is there',
      wish({ kind: 'auto', env: { PATH: '/nowhere' } }),
      'bubblewrap.*neither docker',
    ],
  ])('where %s the task waits, and is told why', async (_what, wanted, why) => {
    await expect(openSandboxes(wanted).find()).rejects.toMatchObject({
      code: 'E_SANDBOX_UNAVAILABLE',
      message: expect.stringMatching(why),
    });
  });

  const start = (agents: Record<string, string>, settings: Record<string, unknown> = {}) =>
    startTestApp({
      agents,
      settings: { sandbox: { kind: 'container', image: 'agents:1' }, ...settings },
      env: { DOCKER_HOST: env.DOCKER_HOST, PATH: `${bin}:${process.env.PATH}` },
    });

  it('a task becomes a pull request, and the check run says so', async () => {
    await using app = await start({ good: GOOD_AGENT });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    expect(await app.ended(1, 'completed')).toMatchObject({ pull: 2 });
    await app.quiet();
    const [check] = [...repositoryOf(app.github).checkRuns.values()];
    expect(check?.output.summary).toContain('in a sandbox (container)');
    expect(readdirSync(running)).toEqual([]);
  });

  it('an interrupted agent may end in order, and a cancelled one leaves no container', async () => {
    const graceful = "trap 'touch saved; exit 0' INT; touch ready; while :; do sleep 0.05; done";
    const stubborn = "trap '' INT TERM; touch ready; while :; do sleep 0.05; done";
    for (const [name, agent] of Object.entries({ graceful, stubborn })) {
      await using app = await start({ [name]: agent });
      const tree = join(app.home, 'workspaces/T1.1/tree');
      await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
      await app.until(() => existsSync(join(tree, 'ready')));
      const [id = ''] = readdirSync(running).filter(name => !name.includes('.'));
      expect(readFileSync(join(running, id), 'utf8')).toContain(tree);
      await app.github.comment(REPOSITORY, 1, '/orch cancel', 'writer');
      await app.ended(1, 'cancelled');
      expect(existsSync(join(tree, 'saved'))).toBe(name === 'graceful');
      expect(readdirSync(running)).toEqual([]);
    }
  });
});
