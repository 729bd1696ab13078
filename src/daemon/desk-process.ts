import { homePaths } from '../config/paths.ts';
import { systemClock } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import { openLog } from '../shared/log.ts';
import { listenForStop } from '../shared/signals.ts';
import { startDesk } from './desk.ts';
import type { DeskPlan } from './desk-settings.ts';
import { openFaces } from './faces.ts';
import { ownSecrets } from './own-secrets.ts';

/**
 * The daemon of a desk, in this process, until it is told to stop: by `orch stop`, or by a signal, after which agents go on
 * and are found again. A parent that waits for it learns `ready`, or the error.
 */
export async function runDesk(plan: DeskPlan): Promise<void> {
  try {
    await serveDesk(plan);
  } catch (error) {
    if (process.send && error instanceof OrchError)
      process.send({ code: error.code, message: error.message, remedy: error.remedy });
    throw error;
  }
}

async function serveDesk({ repository, settings, warnings }: DeskPlan): Promise<void> {
  const { env } = process;
  const { home, logLevel } = settings.orchestrator;
  const paths = homePaths(home);
  const secrets = ownSecrets({ credentials: null, settings, env });
  const { redact } = secrets;
  const isBehind = process.send !== undefined;
  const log = openLog({ level: logLevel, file: paths.log, stderr: !isBehind, redact });
  for (const warning of warnings) log.warn(warning);
  const clock = systemClock;
  using stop = listenForStop();
  await using stack = new AsyncDisposableStack();
  const desk = stack.use(await startDesk({ settings, repository, env, clock, log, secrets }));
  const { ask, local } = desk;
  const faces = stack.use(
    await openFaces({ daemon: desk, settings, clock, log, redact, front: null, ask, local }),
  );
  log.info({ home, repository: repository.top }, `Orch ${faces.about.version} runs`);
  process.send?.('ready');
  const why = await Promise.race([stop.told, faces.stopped.then(() => 'orch stop')]);
  log.info({ why }, 'stopping');
}
