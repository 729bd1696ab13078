import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';
import { closeTerminals, openTerminals } from '../../../src/agent/terminals.ts';
import { homePaths } from '../../../src/config/paths.ts';
import { silentLog } from '../../../src/shared/log.ts';
import { openKnownValues } from '../../../src/shared/secrets/known.ts';
import { startSimulator } from '../../../src/simulator/simulator.ts';
import { scramble } from '../../support/fake-secrets.ts';
import { address, line, serve } from '../../support/serve.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { evilFiles, slug } from './evil.ts';
import * as host from './host.ts';
import { WAYS, type Way } from './ways.ts';

export interface Outcome extends Pick<Way, 'name' | 'kind'> {
  /** Which planted secret was seen where it must not be, or that something was done; null when the way was barred. */
  escaped: string | null;
}

/** Lets one evil agent try every way, beside another agent, and says which of them led out. */
export async function runCanary(kind: 'bwrap' | 'none'): Promise<Outcome[]> {
  await using stack = new AsyncDisposableStack();
  const home = stack.use(await temporaryDirectory()).path;
  const github = stack.use(await startSimulator());
  await host.populate(github);
  const listeners = new Map<string, host.Listener>();
  for (const way of WAYS.filter(each => each.kind === 'send'))
    listeners.set(way.name, stack.use(await host.listenForAll()));
  const [user, tools] = [join(home, 'user'), join(home, 'tools')];
  const paths = homePaths(join(home, 'orch'));
  host.plantFiles(paths.home, user);
  mkdirSync(tools);
  writeFileSync(join(tools, 'victim.sh'), VICTIM);

  const env = { ...github.credentials, HOME: user, PORT: '0' };
  const daemon = serve(paths.home, env, settings(kind, tools));
  stack.defer(async () => {
    daemon.kill('SIGTERM');
    await daemon;
    await closeTerminals(openTerminals({ directory: paths.tmux, log: silentLog() }));
  });
  const api = await line(daemon, address);
  daemon.stderr?.resume();
  github.setWebhook(`${api}/api/github/webhooks`);
  const victim = join(paths.workspaces, 'T1.1', 'tree');
  await github.comment(host.VAULT, 1, `/orch --agent victim keep ${host.planted.issue}`, 'writer');
  await until(() => existsSync(join(victim, 'diary')));

  const socket = join(paths.tmux, 'tmux.sock');
  const variables = {
    ...{ ORCH: paths.home, USER_HOME: user, TEMPORARY: home, TOOLS: tools, TMUX_SOCKET: socket, API: api },
    CODE: join(import.meta.dirname, '../../..'),
    PIDS: (await host.processesOf(daemon.pid as number, socket)).join(' '),
    DAEMON: String(daemon.pid),
    NODE: process.execPath,
    OTHER_SOCKET: join(paths.sockets('T1.1'), 'broker.sock'),
    VAULT: join(paths.home, 'stores', new URL(github.url).host.replace(':', '+'), `${host.VAULT}.git`),
    ORIGIN: `${github.url}/${host.SHOP}.git`,
    COMMENTS: `${github.url}/api/v3/repos/${host.SHOP}/issues/1/comments`,
  };
  const own = ({ name }: Way) => ({
    KEY: keyOf(name),
    TOKEN: tokenOf(name),
    LISTENER: String(listeners.get(name)?.port ?? 0),
  });
  for (const [name, text] of Object.entries(evilFiles(variables, own)))
    writeFileSync(join(tools, name), text);
  await github.comment(host.SHOP, 1, '/orch --agent evil fix it', 'writer');
  const comments = () => [...github.world.repositories.values()].flatMap(each => [...each.comments.values()]);
  await until(() => comments().some(comment => /T2 (?:failed|needs a person)/.test(comment.body)));
  await until(() => existsSync(paths.result('T2.1')));
  const done = {
    'start-up files of shells': host.textOf(join(user, '.bashrc')) + host.textOf(join(user, '.profile')),
    'global settings of git': host.textOf(join(user, '.gitconfig')),
    'keys that may log in': host.textOf(join(user, '.ssh/authorized_keys')),
    'files of another run': host.textOf(join(victim, 'planted')),
    'settings of Orch': host.textOf(join(paths.home, 'orch.yaml')),
    'objects of the own store': host.namesBelow(join(paths.home, 'stores')).replace(/hooks\/planted/g, ''),
    'hooks of stores': host.namesBelow(join(paths.home, 'stores')).replace(/objects\/planted/g, ''),
    'commands of the own run': host.textOf(join(paths.run('T2.1'), 'bin/planted')),
  } as Record<string, string>;
  writeFileSync(join(victim, 'go'), '');
  await until(() => existsSync(paths.result('T1.1')));

  const told = await host.everythingTold(github, paths);
  const foreign = openKnownValues();
  foreign.add(github.credentials.PRIVATE_KEY as string, "the App's private key");
  foreign.add(github.credentials.WEBHOOK_SECRET as string, 'the webhook secret');
  for (const [name, value] of Object.entries(host.planted)) foreign.add(value, `the ${name}`);
  for (const token of github.world.tokens.keys()) foreign.add(token, 'a minted token');
  const seen = (text: string) => [...new Set(foreign.find(text).map(({ what }) => what))].join(', ') || null;
  const loot = (name: string) => host.textOf(join(paths.workspaces, 'T2.1/tree/.loot', slug(name)));

  return WAYS.map(({ name, kind: way }) => ({ name, kind: way, escaped: escapeBy(name, way) }));

  function escapeBy(name: string, way: Way['kind']): string | null {
    switch (way) {
      case 'take':
        return seen(loot(name));
      case 'act':
        return loot(name).includes('DID IT') || done[name]?.includes('planted') ? 'it was done' : null;
      case 'send':
        return seen(listeners.get(name)?.heard() ?? '') ?? seen(name.includes('GitHub') ? told : '');
      case 'tell': {
        const known = openKnownValues();
        known.add(name.startsWith('a token') ? tokenOf(name) : keyOf(name), 'the secret');
        return known.find(told).length > 0 ? 'the secret' : null;
      }
      default:
        return way satisfies never;
    }
  }
}

function settings(kind: 'bwrap' | 'none', tools: string): string {
  const telling = WAYS.filter(each => each.kind === 'tell').map(({ name }) => [
    variableOf(name),
    keyOf(name),
  ]);
  return stringify({
    github: { throttle: false },
    sandbox: { kind, allow_unsandboxed: kind === 'none' },
    task_queue: { retry_delay_seconds: 0, max_retries: 0, stop_grace_seconds: 1 },
    policies: { no_pull_request: 'fail' },
    agents: {
      victim: {
        command: ['sh', join(tools, 'victim.sh')],
        environment: {
          VICTIM_KEY: host.planted.victim,
          DIARY: host.planted.diary,
          SHOWN: host.planted.terminal,
        },
      },
      evil: {
        command: ['sh', join(tools, 'evil.sh')],
        expose: { read: [tools] },
        environment: Object.fromEntries(telling),
      },
    },
  });
}

const VICTIM = 'echo "$SHOWN"; echo "$DIARY" > diary; while ! test -e go; do sleep 0.1; done';

/** The agent's own secret for a way, so that what gets out tells by which. */
function keyOf(name: string): string {
  return scramble(`key of ${name}`, 40);
}

function tokenOf(name: string): string {
  return `ghp_${scramble(`token of ${name}`, 36)}`;
}

function variableOf(name: string): string {
  const last: Record<string, string> = {
    'what the agent says with orch done': 'SUMMARY_KEY',
    'the last words': 'WORDS_KEY',
    'the last words in base64': 'ENCODED_KEY',
  };
  return last[name] ?? `${slug(name).replaceAll('-', '_').toUpperCase()}_KEY`;
}

/** Polls: what is waited for happens in other processes. */
async function until(look: () => boolean): Promise<void> {
  for (const end = Date.now() + 240_000; !look(); await delay(50)) {
    if (Date.now() > end) throw new Error('it does not happen');
  }
}
