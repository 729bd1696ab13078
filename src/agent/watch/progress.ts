import { z } from 'zod';
import { runFiles, tryReadSmall } from '../run-files.ts';

const TEXT = z.string().max(4096);
const COUNT = z.int().min(0);

const progress = z.object({
  state: z.enum(['starting', 'working', 'idle', 'waiting', 'limited', 'ended']),
  /** When it came into this state (ms). */
  since: COUNT,
  /** The CLI's own name of the conversation, which resumes it. */
  session: z.string().max(200).nullable(),
  model: z.string().max(200).nullable(),
  /** What the agent said last. */
  text: TEXT.nullable(),
  /** The tool that it used last, in one line. */
  activity: TEXT.nullable(),
  /** Texts, tool calls and usage seen: more than none proves that the prompt has arrived. */
  events: COUNT,
  /** Tokens of this process. Null: the CLI has told of none. */
  usage: z.object({ input: COUNT, cached: COUNT, output: COUNT }).nullable(),
  /** In dollars, as the CLI says. */
  costUsd: z.number().min(0).nullable(),
  /** How often the CLI has tried a call again by itself. */
  retries: COUNT,
  /** What keeps the agent from its model; gone as soon as it goes on. `until`: when that ends (ms), if it was told. */
  limit: z.object({ kind: z.enum(['rate', 'usage']), reason: TEXT, until: COUNT.nullable() }).nullable(),
  /** How the CLI says that it ended. `permanent`: another try would end the same. */
  end: z.object({ ok: z.boolean(), reason: TEXT.nullable(), permanent: z.boolean() }).nullable(),
});

/** What a run's CLI has told of itself so far, as the narrator sums its event stream up. */
export type Progress = z.infer<typeof progress>;

/** Null where no narrator runs, before its first word, and when something else lies there. */
export function readProgress(directory: string): Progress | null {
  try {
    return progress.parse(JSON.parse(tryReadSmall(runFiles(directory).progress) ?? ''));
  } catch {
    return null;
  }
}
