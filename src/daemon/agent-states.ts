import { lstatSync } from 'node:fs';
import { cpuByGroup } from '../agent/processes.ts';
import { runFiles } from '../agent/run-files.ts';
import { look, type Pane, screenOf, sessionName, type Terminals } from '../agent/terminals.ts';
import { type Progress, readProgress } from '../agent/watch/progress.ts';
import { agentState, type Seen, STILL_MS } from '../agent/watch/state.ts';
import type { Paths } from '../config/paths.ts';
import type { Settings } from '../config/settings.ts';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import { keyedRounds } from '../shared/rounds.ts';
import type { Store } from '../store/open.ts';
import { type AgentState, type Run, runName } from '../task/glossary.ts';

export interface AgentStatesOptions {
  store: Store;
  clock: Clock;
  log: Log;
  terminals: Terminals;
  paths: Paths;
  settings: Settings;
  /** Between two looks at all agents. */
  everySeconds: number;
}

/** What is known of a live run's agent. */
interface Known {
  seen: Seen;
  /** What changes when it prints something; null before the first look. */
  printed: string | null;
  cpu: { ms: number; at: number } | null;
  signAt: number;
  /** What people were told last. */
  told: AgentState | null;
}

/** People are told of these, and when they are over. */
const NOTABLE: ReadonlySet<AgentState> = new Set(['waiting', 'limited', 'stuck']);
/** Below this part of a core it does not work: runtimes look at their timers even when nothing is to do. */
const IDLE = 0.01;
const QUIET_MS = 20_000;
const NO_SCREEN = { ready: null, working: null, permission: null, trust: null, limit: null };

/** Knows what the agents of live runs do, and writes into the journal when one needs a person, or does no longer. */
export function watchStates(options: AgentStatesOptions) {
  const { store, clock, log, terminals, paths, settings } = options;
  const known = new Map<string, Known>();
  const stuckAfterMs = settings.monitoring.stuckAfterMinutes * 60_000;
  const rounds = keyedRounds({
    clock,
    work: sweep,
    failed: (_: 'all', err) => log.error({ err }, 'the states of agents could not be seen'),
  });
  rounds.wake('all');

  async function sweep(): Promise<number> {
    const next = clock.now() + options.everySeconds * 1000;
    const live = store.runs.live().filter(run => run.spawnedAt !== null);
    const names = new Set(live.map(nameOf));
    for (const name of known.keys()) if (!names.has(name)) known.delete(name);
    const panes = live.length === 0 ? new Map<string, Pane>() : await look(terminals);
    if (panes === 'unknown') return next;
    for (const run of live) noteOutput(run, panes.get(sessionName(nameOf(run))));
    if ([...known.values()].some(({ signAt }) => clock.now() - signAt > QUIET_MS))
      noteProcessorTime(live, panes);
    for (const run of live) {
      const pane = panes.get(sessionName(nameOf(run)));
      const isAlive = pane !== undefined && !pane.dead;
      settle(run, isAlive ? await seen(run) : { state: 'exited', detail: null });
    }
    return next;
  }

  function noteOutput(run: Run, pane: Pane | undefined): void {
    const printed = `${pane?.activity} ${sizeOf(runFiles(paths.run(nameOf(run))).events)}`;
    const one = knownOf(run);
    if (one.printed !== null && one.printed !== printed) one.signAt = clock.now();
    one.printed = printed;
  }

  function noteProcessorTime(live: readonly Run[], panes: Map<string, Pane>): void {
    const taken = cpuByGroup();
    const at = clock.now();
    for (const run of live) {
      const one = knownOf(run);
      const ms = taken.get(panes.get(sessionName(nameOf(run)))?.pid ?? 0);
      // A child that has ended unasked takes its time along: any change is work.
      if (ms === undefined || (one.cpu && Math.abs(ms - one.cpu.ms) > IDLE * (at - one.cpu.at)))
        one.signAt = at;
      one.cpu = ms === undefined ? null : { ms, at };
    }
  }

  async function seen(run: Run): Promise<Seen> {
    const name = nameOf(run);
    const profile = settings.profiles.find(each => each.name === run.profile);
    const progress = readProgress(paths.run(name));
    const quietMs = clock.now() - knownOf(run).signAt;
    const isForPeople = run.keyboard !== null || profile?.events.length === 0;
    const isAsked = progress === null && isForPeople && quietMs >= STILL_MS;
    const screen = isAsked ? await screenOf(terminals, name) : null;
    const patience = run.keyboard === null ? stuckAfterMs : Infinity;
    return agentState({ progress, quietMs, screen }, profile?.screen ?? NO_SCREEN, patience);
  }

  function settle(run: Run, seen: Seen): void {
    const one = knownOf(run);
    one.seen = seen;
    // Who has the keyboard sees it.
    if (run.keyboard !== null) return;
    const wasNotable = one.told !== null && NOTABLE.has(one.told);
    if (seen.state === one.told || seen.state === 'exited' || !(NOTABLE.has(seen.state) || wasNotable))
      return;
    store.transaction(() =>
      store.journal.append(clock.now(), run.task, 'agent:state', { run: run.number, ...seen }),
    );
    one.told = seen.state;
  }

  function knownOf(run: Run): Known {
    const found = known.get(nameOf(run));
    if (found) return found;
    const told = toldOf(store, run);
    const fresh: Known = {
      seen: { state: told ?? 'starting', detail: null },
      printed: null,
      cpu: null,
      // Stuck before a restart, it is so until it gives a sign.
      signAt: clock.now() - (told === 'stuck' ? stuckAfterMs : 0),
      told,
    };
    known.set(nameOf(run), fresh);
    return fresh;
  }

  return {
    /** A live run's CLI has told something. What can't be written now the next look finds. */
    heard(run: Run, progress: Progress): void {
      try {
        if (store.runs.get(run.task, run.number)?.endedAt !== null) return;
        const quietMs = clock.now() - knownOf(run).signAt;
        settle(run, agentState({ progress, quietMs, screen: null }, NO_SCREEN, stuckAfterMs));
      } catch (err) {
        log.error({ run: nameOf(run), err }, 'what an agent does could not be written');
      }
    },
    /** What the agent of a task's live run does; null while there is none. */
    of(task: number): Seen | null {
      const run = store.runs.liveOf(task);
      return (run && known.get(nameOf(run))?.seen) ?? null;
    },
    stop: () => rounds.stop(),
  };
}

function nameOf(run: Run): string {
  return runName(run.task, run.number);
}

/** Of a file in an agent's reach, who may have put anything there. */
function sizeOf(file: string): number {
  try {
    return lstatSync(file).size;
  } catch {
    return 0;
  }
}

/** What people were told of a run before a restart. */
function toldOf({ journal }: Store, run: Run): AgentState | null {
  const events = journal.ofTask(run.task);
  const last = events.findLast(event => event.type === 'agent:state' && event.data.run === run.number);
  return last?.type === 'agent:state' ? last.data.state : null;
}
