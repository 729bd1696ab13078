import { stripControl } from '../shared/text.ts';
import { cut, paint, say } from './output.ts';

/** The line that stands below everything; empty while there is none. */
let line = '';

/** Shows a line that the next one takes the place of. */
export function showLine(text: string): void {
  clearLine();
  // One column is left free: a full line would wrap in some terminals.
  line = paint('dim', cut(stripControl(text), process.stdout.columns - 1));
  process.stdout.write(line);
}

export function clearLine(): void {
  if (line !== '') process.stdout.write('\r\u001b[K');
  line = '';
}

/** As say, above the line that is shown. */
export function aboveLine(text: string): void {
  const shown = line;
  clearLine();
  say(text);
  line = shown;
  process.stdout.write(line);
}
