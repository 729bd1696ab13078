import type { Question } from './dialect.ts';
import { type Cli, placeOf, type Refusal, type Scripts, type Step } from './script.ts';

/** One call of a model. */
export interface Call {
  cli: Cli;
  /** Null for what a CLI asks beside the conversation, such as a title for it. */
  script: string | null;
  /** Its place in the script, from 0. */
  step: number;
}

/** What the model does now, given the conversation and the calls before. */
export function nextStep(
  { scripts, fallback = null }: { scripts: Scripts; fallback?: string | undefined | null },
  before: readonly Call[],
  cli: Cli,
  { past, tools }: Question,
): { step: Step; call: Call } {
  const aside = (step: Step) => ({ step, call: { cli, script: null, step: 0 } });
  if (tools.length === 0) return aside({ say: 'A scripted conversation' });
  const place = placeOf(past, fallback);
  if (place === null) return aside({ refuse: 400, because: 'The prompt has no marker [[script:NAME]].' });
  const { script: name, answers } = place;
  const script = scripts[name];
  if (!script)
    return aside({ refuse: 400, because: `No script ${name} among: ${Object.keys(scripts).join(', ')}.` });
  const ofScript = before.filter(call => call.script === name && call.cli === cli);
  const steps = script(cli)
    .map((step, index) => ({ step, index }))
    .filter(({ step, index }) => {
      const refused = ofScript.filter(call => call.step === index).length;
      return !('refuse' in step && isOver(step, refused));
    });
  const { step, index } = steps[answers] ?? steps.at(-1) ?? END;
  return { step, call: { cli, script: name, step: index } };
}

const END = { step: { say: 'Nothing is left to do.' }, index: 0 };

function isOver({ times, resetsAt }: Refusal, refused: number): boolean {
  return (
    (times !== undefined && refused >= times) || (resetsAt !== undefined && resetsAt.getTime() <= Date.now())
  );
}

/** How many calls, by script and CLI; those beside conversations are under `aside`. */
export function tally(calls: readonly Call[]): Record<string, Partial<Record<Cli, number>>> {
  const counts: Record<string, Partial<Record<Cli, number>>> = {};
  for (const { script, cli } of calls) {
    const name = script ?? 'aside';
    counts[name] = { ...counts[name], [cli]: (counts[name]?.[cli] ?? 0) + 1 };
  }
  return counts;
}
