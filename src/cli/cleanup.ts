import type { CleanedUp } from '../record/views.ts';
import type { Common } from './common.ts';
import { askDaemon } from './daemon-client.ts';
import { findHome } from './home.ts';
import { say, sayJson } from './output.ts';

const LONGEST_MS = 3600_000;

/** `orch cleanup`: removes the workspaces that no open task needs; exit code 1 when one could not go. */
export async function cleanup(options: Common): Promise<void> {
  const asked = { patienceMs: LONGEST_MS };
  const done = await askDaemon<CleanedUp>(await findHome(options), 'POST', '/api/cleanup', asked);
  process.exitCode = done.failed.length === 0 ? 0 : 1;
  if (options.json) return sayJson(done);
  if (done.removed.length + done.failed.length === 0) return say('Nothing to remove.');
  for (const { run, rescued } of done.removed)
    say(`${run}: workspace removed${rescued === null ? '' : `, its commits are kept as ${rescued}`}`);
  for (const { run, why } of done.failed) say(`${run}: can't be removed. ${why}`);
}
