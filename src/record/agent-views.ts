import type { EventView, RunView, TaskView } from './views.ts';

/** A profile, and what each of its agents does. */
export interface ProfileView {
  name: string;
  max_instances: number;
  running: number;
  /** It gets no task until then, and why: a limit of its vendor's, or runs that went wrong. */
  limited_until: string | null;
  limited_because: string | null;
  agents: AgentView[];
}

/** An agent; all but its name is null while it has nothing to do. */
export interface AgentView {
  id: string;
  task: string | null;
  run: string | null;
  instruction: string | null;
  state: string | null;
  detail: string | null;
  since: string | null;
  /** The last lines of its terminal's log. */
  output: string[] | null;
}

/** What `orch debug` tells. */
export interface DebugView extends TaskView {
  agent: string | null;
  correlation: string;
  next: { step: string; why: string };
  runs: (RunView & { files: { what: string; path: string; bytes: number }[] })[];
  /** Of a live run. */
  screen: string | null;
  output: string | null;
  events: EventView[];
}
