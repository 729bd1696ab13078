import { info } from '@actions/core';
import { stripControl } from '../shared/text.ts';

/** Lines in the job's log, whoever wrote them: there a line can be a command to the runner, and none of these is one. */
export function say(text: string): void {
  info(inert(text));
}

/** `::name::` begins a command at the start of a line, and `##[name]` anywhere in it. An invisible character keeps them apart. */
function inert(text: string): string {
  return text
    .split(/\r\n?|\n/)
    .map(line =>
      stripControl(line)
        .replace(/^(\s*:)(?=:)/, '$1\u200b')
        .replaceAll('##[', '##\u200b['),
    )
    .join('\n');
}
