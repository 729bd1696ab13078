import type { Progress } from './progress.ts';
import { margin, readable } from './readable.ts';
import type { Told } from './told.ts';

export interface PageOptions {
  show(text: string): void;
  progress(): Progress;
  now(): number;
}

/** What of a step was told is not told again: as many as may be under way at once. */
const REMEMBERED = 100;

/** The pane as people read it: a line for each thing that the agent says or does, beside time and tokens. */
export function openPage({ show, progress, now }: PageOptions) {
  const started = now();
  const seen = new Set<string>();
  let isWithinText = false;
  let session = '';

  function line(text: string, end = '\n'): void {
    if (text === '') return;
    const left = margin(now() - started, progress().usage);
    const indented = text.replaceAll('\n', `\n${' '.repeat(left.length)}`);
    show(`${isWithinText ? '\n' : ''}${left}${indented}${end}`);
    isWithinText = false;
  }

  function isRepeated(told: Told): boolean {
    if (told.as === 'session') {
      const before = session;
      session = `${told.id} ${told.model}`;
      return session === before;
    }
    if (told.once === null) return false;
    const key = `${told.as} ${told.once}`;
    if (seen.has(key)) return true;
    seen.add(key);
    if (seen.size > REMEMBERED) seen.delete(seen.values().next().value as string);
    return false;
  }

  return {
    line: (text: string): void => line(text),
    tell(told: Told): void {
      if (isRepeated(told)) return;
      const text = readable(told, progress());
      if (text === null) return;
      const goesOn = told.as === 'text' && told.goesOn;
      if (goesOn && isWithinText) show(told.text);
      else line(text, goesOn ? '' : '\n');
      isWithinText = goesOn && (isWithinText || text !== '');
    },
    finish(): void {
      if (isWithinText) show('\n');
    },
  };
}
