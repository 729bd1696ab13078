import { openKnownValues, type Stretch } from './known.ts';
import { findShapes } from './shapes.ts';

/** What must not leave Orch: values that it knows, and all that has the shape of a token or private key. */
export interface Secrets {
  /** Makes a value known; short ones are not. `what` tells it to people: `the private key of the App`. */
  know(value: string, what: string): void;
  /** The text with `[redacted]` in place of each secret. */
  redact(text: string): string;
  /** Where secrets are, first to last, none touching another. */
  find(text: string): Stretch[];
}

export function openSecrets(): Secrets {
  const known = openKnownValues();
  const find = (text: string) => inOrder([...known.find(text), ...findShapes(text)]);
  return { know: known.add, find, redact: text => cutOut(text, find(text)) };
}

/** For where no values are known: takes out what has the shape of a secret. */
export function redactShapes(text: string): string {
  return cutOut(text, inOrder(findShapes(text)));
}

function inOrder(stretches: Stretch[]): Stretch[] {
  stretches.sort((a, b) => a.start - b.start);
  const merged: Stretch[] = [];
  for (const stretch of stretches) {
    const last = merged.at(-1);
    if (last && stretch.start <= last.end) last.end = Math.max(last.end, stretch.end);
    else merged.push({ ...stretch });
  }
  return merged;
}

function cutOut(text: string, stretches: Stretch[]): string {
  let out = '';
  let at = 0;
  for (const { start, end } of stretches) {
    out += `${text.slice(at, start)}[redacted]`;
    at = end;
  }
  return out + text.slice(at);
}
