import { endGroup, info, startGroup } from '@actions/core';
import { withoutHostPaths } from '../github/report/paths.ts';
import { describeEvent } from '../record/words.ts';
import { redactShapes } from '../shared/secrets/secrets.ts';
import { stripControl } from '../shared/text.ts';
import type { JournalEvent } from '../task/events.ts';
import { runName } from '../task/glossary.ts';

/** Lines in the job's log, whoever wrote them: there a line can be a command to the runner, and none of these is one. */
export function say(text: string): void {
  info(inert(mayLeave(text)));
}

/** What has happened, a group for each run. */
export function sayEvent(event: JournalEvent): void {
  if (event.type === 'run:claimed')
    startGroup(`${runName(event.task, event.data.run)} by ${event.data.agent}`);
  say(describeEvent(event));
  if (event.type === 'run:ended') endGroup();
}

/** Text as it may leave the host: no secret, and none of its folders. */
export function mayLeave(text: string): string {
  return redactShapes(withoutHostPaths(text));
}

/** `::name::` begins a command at the start of a line, and `##[name]` anywhere in it. An invisible character keeps them apart. */
export function inert(text: string): string {
  return text
    .split(/\r\n?|\n/)
    .map(line =>
      stripControl(line)
        .replace(/^(\s*:)(?=:)/, '$1\u200b')
        .replaceAll('##[', '##\u200b['),
    )
    .join('\n');
}
