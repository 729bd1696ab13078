import type { Progress } from './progress.ts';
import type { Told } from './told.ts';

/** What a person who looks at the pane reads of it; null when it is not worth a line. */
export function readable(told: Told, { usage, costUsd }: Progress): string | null {
  switch (told.as) {
    case 'session':
      return `session ${told.id ?? 'without a name'}${told.model === null ? '' : `, model ${told.model}`}`;
    case 'text':
      return told.goesOn ? told.text : told.text.trim();
    case 'tool':
      return `› ${told.name}${told.detail === null ? '' : ` ${told.detail}`}`;
    case 'usage':
      return null;
    case 'retry':
      return `! ${told.status === null ? '' : `${told.status}: `}${told.message}; the agent tries again${wait(told.delay)}`;
    case 'end': {
      const how = told.failed ? `failed${told.message === null ? '' : `: ${told.message}`}` : 'done';
      const spent = usage === null ? '' : `, ${amount(usage.input)} tokens in, ${amount(usage.output)} out`;
      return `${told.failed ? '✗' : '✓'} ${how}${spent}${dollars(costUsd)}`;
    }
    default:
      return told satisfies never;
  }
}

/** Minutes since the start, and the tokens so far: `  1:23   45k  `. */
export function margin(sinceStartMs: number, usage: Progress['usage']): string {
  const seconds = Math.floor(sinceStartMs / 1000);
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  const tokens = usage === null ? '' : amount(usage.input + usage.output);
  return `${time.padStart(6)} ${tokens.padStart(6)}  `;
}

function wait(delay: number | null): string {
  return delay === null ? '' : ` in ${Math.ceil(delay / 1000)} s`;
}

/** Who knows no price says 0. */
function dollars(cost: number | null): string {
  return cost ? `, $${cost.toFixed(cost < 0.01 ? 4 : 2)}` : '';
}

function amount(count: number): string {
  if (count < 1000) return String(Math.round(count));
  return count < 1e6 ? `${(count / 1000).toFixed(count < 1e4 ? 1 : 0)}k` : `${(count / 1e6).toFixed(1)}M`;
}
