import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TaskState } from '../../../src/task/states.ts';
import type { AgentName } from './agents.ts';
import type { Scene } from './scene.ts';

export interface Story {
  /** How its task ends, whatever is killed meanwhile. */
  ends: TaskState;
  /** The part of it whose crash points are meant; all unless told. */
  part?: 'start' | 'stop';
  play(scene: Scene): Promise<void>;
}

/** What people do. Each takes a repository of its own from the first comment to the end of its task. */
export const STORIES: Record<string, Story> = {
  plain: { ends: 'completed', play: scene => askAndMerge(scene, scene.issue, 'good') },
  unpushed: { ends: 'completed', play: scene => askAndMerge(scene, scene.issue, 'lazy') },
  crashed: { ends: 'completed', play: scene => askAndMerge(scene, scene.issue, 'flaky') },
  cancelled: {
    ends: 'cancelled',
    async play(scene) {
      await scene.ask(scene.issue, '/orch fix it --agent busy');
      await scene.committed();
      await scene.ask(scene.issue, '/orch cancel');
      await scene.over();
    },
  },
  retried: {
    ends: 'completed',
    async play(scene) {
      await scene.ask(scene.issue, '/orch fix it --agent unsure');
      await scene.over();
      await scene.ask(scene.issue, '/orch retry');
      await scene.over('completed');
    },
  },
  labelled: {
    ends: 'completed',
    async play(scene) {
      await scene.label('orch:good');
      await scene.over();
    },
  },
  'on a pull request': {
    ends: 'completed',
    async play(scene) {
      await askAndMerge(scene, await scene.openPull(), 'good');
    },
  },
  restarted: { ends: 'completed', part: 'start', play: scene => restart(scene, scene.startAgain) },
  stopped: { ends: 'completed', part: 'stop', play: scene => restart(scene, scene.stopAndStart) },
};

async function askAndMerge(scene: Scene, issue: number, agent: AgentName): Promise<void> {
  await scene.ask(issue, `/orch fix it --agent ${agent}`);
  await scene.over();
  await scene.merge();
}

/** The agent works on while its daemon is stopped and started again. */
async function restart(scene: Scene, again: () => Promise<void>): Promise<void> {
  await scene.ask(scene.issue, '/orch fix it --agent patient');
  await scene.committed();
  await again();
  for (const task of await scene.tasks()) writeFileSync(join(scene.notes, `T${task.id}.go`), '');
  await scene.over();
}
