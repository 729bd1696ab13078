import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isFinal } from '../../src/task/states.ts';
import { REPOSITORY, repositoryOf, startTestApp, type TestApp } from '../support/app.ts';
import { ATTACKS } from './attacks.ts';

const NAMES = Object.keys(ATTACKS);
const OTHER = NAMES.length + 1;
const PRECIOUS = { secret: 'Nobody’s business\n', linked: 'Linked\n' };

/** Gives what was planted every occasion to act. */
const USE = `git status; echo x >> README.md; git diff; git add -A; git commit -qm Work; git checkout -q -b side HEAD~1
  echo side > README.md; git commit -qam Side; git checkout -q -; git merge -q side; git merge --abort; git log -p -2; git fetch`;

const HONEST = `git submodule update --init --recursive; echo x >> README.md; git status; git diff; git add -A
  git commit -qm Honest; git push -q && gh pr create -f && orch done`;

/** Attacks in its first run, and is honest in the next. */
function agent(name: string): string {
  const attacks = ATTACKS[name] ?? [];
  const plants = attacks.map(({ plant }) => `(${plant}\n)`).join('\n');
  return `exec </dev/null; E=$HOME/evil; P=$HOME/precious; R=$(cd ../repository.git && pwd); HOST_URL=$(cat $HOME/host)
    case $ORCH_RUN in *.1) ${plants}\n(${attacks[0]?.alone ? 'true' : USE}); exit 1;; *) ${HONEST};; esac`;
}

describe('fault: an agent poisons its repository and its tree', () => {
  it('nothing acts on the daemon, the next run, another task, or a file elsewhere; each run ends, and its workspace goes', async () => {
    await using host = await hostileHost();
    await using app = await startTestApp({
      agents: { ...Object.fromEntries(NAMES.map(name => [name, agent(name)])), other: HONEST },
      files: { 'README.md': '# Shop\n', '.github/orch.yml': 'copy: [conf/.env]\n' },
      settings: {
        limits: { concurrent: OTHER },
        task_queue: { retry_delay_seconds: 0, stop_grace_seconds: 1, max_retries: 0 },
      },
    });
    plantPrograms(app.home, host.url);
    for (const name of NAMES) await comment(app, `/orch try ${name} --agent ${name}`);
    await over(app, 1);
    await comment(app, '/orch try --agent other');
    for (const id of NAMES.keys()) await comment(app, `/orch retry T${id + 1}`);
    await over(app, 2);
    await app.ended(OTHER, 'completed');
    await app.quiet();

    const ended = NAMES.map((name, n) => [name, app.task(n + 1).state, app.task(n + 1).reason]);
    expect(ended).toEqual(NAMES.map(name => [name, 'completed', null]));
    expect(app.runs(NAMES.indexOf('bomb') + 1)[0]?.lastWords).toContain('more than 1000000 files');
    expect(victims(app.home)).toEqual([]);
    expect(idle(app.home)).toEqual([]);
    expect(host.seen.filter(request => /authorization/i.test(request))).toEqual([]);
    expect(await refsBeside(app)).toEqual(['refs/heads/main']);

    for (const id of [...NAMES, 'other'].keys()) {
      await app.github.setState(REPOSITORY, app.task(id + 1).pull as number, 'closed', 'writer');
    }
    await app.until(() => readdirSync(join(app.home, 'workspaces')).length === 0);
    expect(precious(app.home)).toEqual(PRECIOUS);
  }, 300_000);
});

async function comment(app: TestApp, text: string): Promise<void> {
  await app.github.comment(REPOSITORY, 1, text, 'writer');
}

/** That many runs of each task are over. */
async function over(app: TestApp, runs: number): Promise<void> {
  for (const id of NAMES.keys()) {
    await app.until(() => {
      const task = app.daemon.store.tasks.get(id + 1);
      return (
        task && isFinal(task.state) && app.runs(id + 1).filter(run => run.endedAt !== null).length >= runs
      );
    });
  }
}

/** A host that agents try to have visited; it notes who came and with what. */
async function hostileHost() {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(JSON.stringify([request.method, request.url, request.headers]));
    response.writeHead(404).end();
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(done => server.close(done));
    },
  };
}

/** Each program leaves a file named after itself and the run whose broker it knows, with all that it could get hold of. */
function plantPrograms(home: string, url: string): void {
  for (const folder of ['evil', 'fired', 'precious', `files/${REPOSITORY}/conf`]) {
    mkdirSync(join(home, folder), { recursive: true });
  }
  for (const { name } of Object.values(ATTACKS).flat()) {
    const program = `#!/bin/sh
run=$(expr "$ORCH_BROKER" : '.*/\\(T[0-9]*\\.[0-9]*\\)/')
{ env; timeout 1 cat <&3; } >>"${home}/fired/${name} \${run:-daemon}" 2>/dev/null
timeout 1 cat
exit 0
`;
    writeFileSync(join(home, 'evil', name), program, { mode: 0o755 });
  }
  for (const [name, text] of Object.entries(PRECIOUS)) writeFileSync(join(home, 'precious', name), text);
  writeFileSync(join(home, 'files', REPOSITORY, 'conf/.env'), 'KEY=1\n');
  writeFileSync(join(home, 'host'), url);
}

/** What programs did elsewhere than where their agent itself ran git, and what they found there that agents must not have. */
function victims(home: string): string[] {
  const own = new Set(NAMES.flatMap((group, n) => ATTACKS[group]?.map(({ name }) => `${name} T${n + 1}.1`)));
  const secret = /PRIVATE KEY|WEBHOOK_SECRET|x-access-token|gh[a-z]_/;
  return readdirSync(join(home, 'fired')).filter(
    file => !own.has(file) || secret.test(readFileSync(join(home, 'fired', file), 'utf8')),
  );
}

/** Attacks that should have acted on their own agent: they would prove nothing. */
function idle(home: string): string[] {
  const fired = readdirSync(join(home, 'fired'));
  return Object.values(ATTACKS).flatMap(group =>
    group.flatMap(({ name, acts }) =>
      acts && !fired.some(file => file.startsWith(`${name} T`)) ? name : [],
    ),
  );
}

function precious(home: string): Record<string, string> {
  const folder = join(home, 'precious');
  return Object.fromEntries(
    readdirSync(folder).map(name => [name, readFileSync(join(folder, name), 'utf8')]),
  );
}

async function refsBeside(app: TestApp): Promise<string[]> {
  const refs = await repositoryOf(app.github).git.run(['for-each-ref', '--format=%(refname)']);
  return refs
    .trim()
    .split('\n')
    .filter(ref => !/^refs\/(heads\/orch|pull)\//.test(ref));
}
