import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { openKnownValues } from '../../src/shared/secrets/known.ts';
import { GOOD_AGENT, REPOSITORY, startTestApp } from '../support/app.ts';

it.skipIf(process.platform !== 'linux')(
  'no token, key or secret is in arguments, environments, files, settings of git or tmux, in a whole story',
  async () => {
    await using app = await startTestApp({ agents: { good: `sleep 0.3; ${GOOD_AGENT}` } });
    const seen = new Map<string, string>();
    const sampler = setInterval(() => {
      for (const pid of processesOf(app.home)) {
        for (const what of ['cmdline', 'environ'])
          seen.set(`${what} of ${pid}`, read(`/proc/${pid}/${what}`));
      }
    }, 10);
    using _sampler = { [Symbol.dispose]: () => clearInterval(sampler) };
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => app.daemon.store.tasks.get(1)?.state === 'running');
    const { stdout } = await execa('tmux', [
      '-S',
      join(app.home, 'tmux/tmux.sock'),
      'show-environment',
      '-g',
    ]);
    seen.set('environment of tmux', stdout);
    await app.ended(1, 'completed');
    await app.quiet();
    for (const file of filesBelow(app.home)) seen.set(file, read(file));

    const { PRIVATE_KEY = '', WEBHOOK_SECRET = '' } = app.github.credentials;
    const known = openKnownValues();
    known.add(PRIVATE_KEY, "the App's key");
    known.add(WEBHOOK_SECRET, 'the webhook secret');
    const tokens = [...app.github.world.tokens.keys()].filter(token => token.startsWith('ghs_'));
    for (const token of tokens) known.add(token, 'a token');
    expect(tokens.length).toBeGreaterThan(2);
    expect([...seen.keys()].filter(name => name.startsWith('cmdline')).length).toBeGreaterThan(5);
    const found = [...seen].flatMap(([name, text]) =>
      known.find(text).map(({ what }) => `${what} in ${name}`),
    );
    expect(found).toEqual([]);
  },
);

/** Those that this test started, theirs, and what runs in the terminals of its home. */
function processesOf(home: string): string[] {
  const numbers = readdirSync('/proc').filter(name => /^\d+$/.test(name) && name !== String(process.pid));
  const parents = new Map(numbers.map(pid => [pid, read(`/proc/${pid}/stat`).split(' ')[3] ?? '']));
  const isOurs = (pid: string): boolean =>
    parents.get(pid) === String(process.pid) || (parents.has(pid) && isOurs(parents.get(pid) as string));
  return numbers.filter(pid => isOurs(pid) || read(`/proc/${pid}/cmdline`).includes(home));
}

function filesBelow(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true }).map(name => join(folder, String(name)));
  return names.filter(name => statSync(name, { throwIfNoEntry: false })?.isFile());
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
