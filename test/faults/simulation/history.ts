import fc from 'fast-check';
import { assign, unassign } from '../../../src/simulator/action/issues.ts';
import { isPull } from '../../../src/simulator/world.ts';
import { type Act, work } from './agent.ts';
import { NAME } from './github.ts';
import type { Simulation } from './simulation.ts';

const ISSUES = [1, 2, 3] as const;
const HOUR = 3600_000;

/** What people do. Which of what is there they mean is a number: there is always one, or nothing happens. */
type Deed =
  | { do: 'comment'; issue: number; who: string; text: string }
  | { do: 'label' | 'unlabel' | 'assign' | 'unassign'; issue: number; who: string }
  | { do: 'press'; pick: number; button: 'cancel' | 'retry' | 're-run'; who: string }
  | { do: 'follow up'; pick: number; who: string; text: string }
  | { do: 'close' | 'reopen' | 'merge'; pick: number };

/** What agents do, each with the commands in its worktree. */
type Work = { do: Act; pick: number };

/** What goes wrong, and what heals. */
type Fault =
  | {
      do: 'answer';
      with: 500 | 502 | 401 | 'rate limit' | 'secondary limit' | 'withdrawn tokens';
      to: RegExp;
    }
  | { do: 'lose answers'; count: number }
  | { do: 'GitHub away' | 'GitHub back' }
  | { do: 'deliver'; how: 'lose' | 'double' | 'reorder' }
  | { do: 'redeliver'; pick: number }
  | { do: 'tmux silent' | 'tmux answers' | 'sandbox gone' | 'sandbox there' }
  | { do: 'set the clock'; hours: number }
  | { do: 'set on_limit'; to: 'wait' | 'switch' | 'ask' }
  | { do: 'kill' | 'kill and start' | 'stop' | 'start' };

/** Time passes, or what is under way goes on for so many steps. */
type Pause = { do: 'wait'; seconds: number } | { do: 'go on'; steps: number };

type Happening = Deed | Work | Fault | Pause;

const pick = fc.nat(20);
const issue = fc.constantFrom(...ISSUES);
const who = fc.constantFrom('ann', 'ann', 'ann', 'bob', 'eve');
const text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('fix it', 'fix that', 'make it fast', '--agent codex fix it') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('--priority low tidy up', '--timeout 5m be quick', '--base gone fix'),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('--after T1 go on', '--after T2 go on', '--after T1 --after T3 end it'),
  },
  { weight: 5, arbitrary: fc.constantFrom('cancel', 'cancel', 'cancel T1', 'retry', 'retry T1') },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      'pause',
      'pause T1',
      'resume',
      'resume T1',
      'say mind the gap',
      'say T1 go on',
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom('status', 'help', 'retri') },
);

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 14, arbitrary: record('comment', { issue, who, text: text.map(words => `/orch ${words}`) }) },
  {
    weight: 3,
    arbitrary: anyOf(['label', 'label', 'unlabel', 'assign', 'assign', 'unassign'], { issue, who }),
  },
  {
    weight: 4,
    arbitrary: record('press', { pick, button: fc.constantFrom('cancel', 'retry', 're-run'), who }),
  },
  { weight: 3, arbitrary: anyOf(['close', 'reopen', 'merge'], { pick }) },
  { weight: 3, arbitrary: record('follow up', { pick, who, text: text.map(words => `/orch ${words}`) }) },
  { weight: 8, arbitrary: anyOf(['do it all'], { pick }) },
  { weight: 8, arbitrary: anyOf(['commit', 'commit', 'push', 'push', 'open', 'say done'], { pick }) },
  { weight: 5, arbitrary: anyOf(['end well', 'end badly', 'vanish', 'turn stubborn'], { pick }) },
  { weight: 4, arbitrary: anyOf(['come to a limit', 'come to a limit', 'get over it', 'ask'], { pick }) },
  { weight: 1, arbitrary: record('set on_limit', { to: fc.constantFrom('wait', 'switch', 'ask') }) },
  {
    weight: 4,
    arbitrary: record('answer', {
      with: fc.constantFrom(500, 502, 401, 'rate limit', 'secondary limit', 'withdrawn tokens'),
      to: fc.constantFrom(/./, /comments/, /check-runs/, /pulls/, /permission/, /access_tokens/),
    }),
  },
  { weight: 3, arbitrary: record('lose answers', { count: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: anyOf(['GitHub away', 'GitHub back', 'GitHub back'], {}) },
  { weight: 2, arbitrary: record('deliver', { how: fc.constantFrom('lose', 'double', 'reorder') }) },
  { weight: 1, arbitrary: record('redeliver', { pick }) },
  { weight: 2, arbitrary: anyOf(['tmux silent', 'tmux answers', 'sandbox gone', 'sandbox there'], {}) },
  { weight: 1, arbitrary: record('set the clock', { hours: fc.constantFrom(-1, 1) }) },
  { weight: 7, arbitrary: anyOf(['kill and start', 'kill and start', 'kill', 'stop'], {}) },
  { weight: 4, arbitrary: anyOf(['start'], {}) },
  { weight: 18, arbitrary: record('go on', { steps: fc.integer({ min: 1, max: 100 }) }) },
  { weight: 10, arbitrary: record('wait', { seconds: fc.constantFrom(1, 1, 5, 31, 60, 300, 1800) }) },
) as fc.Arbitrary<Happening>;

function record(what: string, rest: Record<string, fc.Arbitrary<unknown>>) {
  return anyOf([what], rest);
}

function anyOf(what: readonly string[], rest: Record<string, fc.Arbitrary<unknown>>) {
  return fc.record({ do: fc.constantFrom(...what), ...rest });
}

/** What happens, one after the other; when, among all that is under way, is the scheduler's to say. */
export function histories(most: number): fc.Arbitrary<Steps> {
  return fc.commands([happening.map(each => new Step(each))], {
    maxCommands: most,
    size: 'max',
    disableReplayLog: true,
  });
}

export type Steps = Iterable<fc.AsyncCommand<object, Simulation, boolean>>;

class Step implements fc.AsyncCommand<object, Simulation> {
  readonly #happening: Happening;

  constructor(happening: Happening) {
    this.#happening = happening;
  }

  check = () => true;

  async run(_model: object, simulation: Simulation): Promise<void> {
    simulation.told.push(this.toString());
    simulation.trace.push(this.toString());
    await happen(simulation, this.#happening);
    const broken = simulation.brokenNow();
    if (broken.length > 0) throw new Broken(broken);
  }

  toString(): string {
    return sentence(this.#happening);
  }
}

/** Invariants that do not hold. */
export class Broken extends Error {
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    super(lines.join('\n'));
    this.lines = lines;
  }
}

function sentence({ do: what, ...rest }: Happening): string {
  const details = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
  return [what, ...details].join(', ');
}

async function happen(simulation: Simulation, what: Happening): Promise<void> {
  const { github, host } = simulation;
  switch (what.do) {
    case 'comment':
    case 'label':
    case 'unlabel':
    case 'assign':
    case 'unassign':
    case 'press':
    case 'follow up':
    case 'close':
    case 'reopen':
    case 'merge':
      simulation.wished.push(wishOf(what));
      await act(github, what).catch(refused);
      return await simulation.peopleMovedRefs();
    case 'answer':
      return github.world.faults.add({ match: { path: what.to }, effect: effect(what.with) });
    case 'lose answers':
      github.lostAnswers += what.count;
      return;
    case 'GitHub away':
    case 'GitHub back':
      github.isAway = what.do === 'GitHub away';
      return;
    case 'deliver':
      return github.world.faults.add({ match: { delivery: '*' }, effect: { kind: what.how } });
    case 'redeliver': {
      const delivery = chosen(github.webhooks.log, what.pick);
      if (delivery) void simulation.deliver(delivery);
      return;
    }
    case 'tmux silent':
    case 'tmux answers':
      host.isBlind = what.do === 'tmux silent';
      return;
    case 'sandbox gone':
    case 'sandbox there':
      host.hasSandbox = what.do === 'sandbox there';
      return;
    case 'set on_limit':
      simulation.around.onLimit = what.to;
      return;
    case 'set the clock':
      return simulation.around.time.jump(what.hours * HOUR);
    case 'kill':
      return simulation.kill();
    case 'kill and start':
      simulation.kill();
      return simulation.start();
    case 'stop':
      return await simulation.stop();
    case 'start':
      return simulation.start();
    case 'go on':
      return await simulation.around.network.goOn(what.steps);
    case 'wait':
      return await simulation.pass(what.seconds * 1000);
    default:
      return work(simulation, chosen(simulation.host.alive(), what.pick), what.do);
  }
}

/** What a deed can make of one task at most, once. */
function wishOf(deed: Deed): string {
  const words =
    deed.do === 'comment' || deed.do === 'follow up' ? deed.text : deed.do === 'press' ? deed.button : '';
  return /cancel|retry|re-run|pause/.exec(words)?.[0].replace('re-run', 'retry') ?? '';
}

/** GitHub refuses people too: a merged pull request can't be reopened. */
function refused(error: unknown): void {
  if ((error as Error).constructor.name !== 'GitHubError') throw error;
}

async function act(github: Simulation['github'], deed: Deed): Promise<void> {
  const { people, repository, world } = github;
  const as = (login: string) => ({
    world,
    repository,
    actor: { user: world.users.get(login) ?? world.app.owner, permissions: null },
  });
  switch (deed.do) {
    case 'comment':
      return void (await people.comment(NAME, deed.issue, deed.text, deed.who));
    case 'follow up': {
      const own = [...repository.issues.values()].filter(issue => isPull(issue) && issue.byApp);
      const pull = chosen(own, deed.pick);
      return void (pull && (await people.comment(NAME, pull.number, deed.text, deed.who)));
    }
    case 'label':
      return await people.setLabel(NAME, deed.issue, 'orch', deed.who);
    case 'unlabel':
      return await people.unsetLabel(NAME, deed.issue, 'orch', deed.who);
    case 'assign':
    case 'unassign': {
      const change = deed.do === 'assign' ? assign : unassign;
      const found = repository.issues.get(deed.issue);
      if (found) change(as(deed.who), found, [world.app.bot.login]);
      return;
    }
    case 'press': {
      const run = chosen([...repository.checkRuns.values()], deed.pick);
      if (!run) return;
      if (deed.button === 're-run') return await people.rerequestCheck(NAME, run.id, deed.who);
      return await people.clickCheckAction(NAME, run.id, deed.button, deed.who);
    }
    default:
      return await changePull(github, deed);
  }
}

async function changePull(
  { people, repository }: Simulation['github'],
  deed: Deed & { pick: number },
): Promise<void> {
  const pulls = [...repository.issues.values()].filter(isPull).filter(({ byApp }) => byApp);
  const pull = chosen(pulls, deed.pick);
  if (!pull) return;
  if (deed.do === 'merge') return void (await people.merge(NAME, pull.number, 'bob'));
  await people.setState(NAME, pull.number, deed.do === 'close' ? 'closed' : 'open', 'bob');
}

function effect(kind: 500 | 502 | 401 | 'rate limit' | 'secondary limit' | 'withdrawn tokens') {
  switch (kind) {
    case 401:
      return { kind: 'unauthorized' } as const;
    case 'rate limit':
      return { kind: 'rate_limit' } as const;
    case 'secondary limit':
      return { kind: 'secondary_rate_limit', retryAfterSeconds: 60 } as const;
    case 'withdrawn tokens':
      return { kind: 'expire_tokens' } as const;
    default:
      return { kind: 'status', status: kind } as const;
  }
}

function chosen<T>(list: readonly T[], number: number): T | undefined {
  return list.length === 0 ? undefined : list[number % list.length];
}
