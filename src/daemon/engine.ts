import type { Progress } from '../agent/watch/progress.ts';
import type { Seen } from '../agent/watch/state.ts';
import type { ApiOptions } from '../api/options.ts';
import type { Paths } from '../config/paths.ts';
import type { Settings } from '../config/settings.ts';
import type { Forge } from '../forge/forge.ts';
import type { RecorderOptions } from '../record/recorder.ts';
import type { Stages } from '../scheduler/stages.ts';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import type { Secrets } from '../shared/secrets/secrets.ts';
import type { Store } from '../store/open.ts';
import type { Run, Task } from '../task/glossary.ts';
import type { Enclosed } from './as-agent.ts';
import type { Repositories } from './git.ts';
import type { Prove } from './proving.ts';

/** What every engine is given of its daemon. */
export interface EngineOptions {
  settings: Settings;
  paths: Paths;
  store: Store;
  forge: Forge;
  /** The folder with the shared context of the task's repository. */
  contextOf(task: Task): string;
  env: NodeJS.ProcessEnv;
  clock: Clock;
  log: Log;
  /** What must not get out; learns of each token that is minted. */
  secrets: Secrets;
  /** Takes what a run's CLI has told of itself so far. */
  heard(run: Run, progress: Progress): void;
  /** Something may have changed for a task: it is looked at now. */
  wake(task: number): void;
}

/** Where runs are carried out. Disposing leaves agents at work. */
export interface Engine extends AsyncDisposable {
  stages: Stages;
  /** Beyond its time-out, to which it is held where it runs, a run has so long to tell of it. */
  slackSeconds: number;
  /** How agents are shut in, in a sentence for people. */
  sandbox(): string;
  /** What the agent of a task's live run does; null where nobody can see it. */
  agentState(task: number): Seen | null;
  /** The run's agent has come to its end, though its row does not say so yet. */
  isOver(run: Run): boolean;
  /** The files that the task's branch changes. */
  changedFiles(task: Task): Promise<string[]>;
  /** Orch's own copies of repositories. */
  repositories: Repositories;
  /** The files that the agent of a live run has changed so far; null where nobody can see them. Errors: E_PROGRAM_FAILED. */
  touchedFiles(task: Task, run: Run): Promise<string[] | null>;
  /** What a run has taken of its host, once it has ended. */
  usage: RecorderOptions['usage'];
  /** How it is looked into a run. */
  insight: Pick<ApiOptions['insight'], 'output' | 'screen' | 'files'>;
  checkpoint: ApiOptions['checkpoints']['make'];
  takeOver: ApiOptions['takeOver'];
  /** Where programs are run as a run's agent does, once it has ended. */
  enclosed(task: Task, run: Run): Promise<Enclosed>;
  /** Tests the work of a task, once its run has ended; null where what carries runs out has no place for that. */
  prove: Prove | null;
}

export type OpenEngine = (options: EngineOptions) => Promise<Engine>;
