import { setTimeout as delay } from 'node:timers/promises';
import type { ProofView, TaskView } from '../record/views.ts';
import { describeProof } from '../record/words.ts';
import type { Common } from './common.ts';
import { askDaemon } from './daemon-client.ts';
import { findHome } from './home.ts';
import { say, sayJson } from './output.ts';

const LOOK_MS = 500;

/**
 * `orch prove T42`: has its tests run once more, and tells what they show, with the commands that show the same. The exit code
 * is 1 when something broke.
 */
export async function prove(name: string, options: Common): Promise<void> {
  const home = await findHome(options);
  const path = `/api/tasks/${encodeURIComponent(name)}`;
  await askDaemon<TaskView>(home, 'POST', `${path}/prove`);
  const { id, proof } = await shown(home, path);
  if (options.json) sayJson({ id, proof });
  else {
    say(`${id}: ${proof === null ? 'its tests are not run any more' : describeProof(proof)}`);
    for (const { command, shows } of proof?.replay ?? []) say(`  ${command}   # ${shows}`);
  }
  if (proof?.verdict === 'broken') process.exitCode = 1;
}

type Shown = TaskView & { proof: ProofView | null };

async function shown(home: string, path: string): Promise<Shown> {
  for (;;) {
    const task = await askDaemon<Shown>(home, 'GET', path);
    if (task.proof?.verdict !== 'due') return task;
    await delay(LOOK_MS);
  }
}
