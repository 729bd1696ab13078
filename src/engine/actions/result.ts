import { z } from 'zod';
import { redactShapes } from '../../shared/secrets/secrets.ts';
import { shorten, stripControl } from '../../shared/text.ts';
import { RUN_OUTCOMES } from '../../task/glossary.ts';

/**
 * What a job of GitHub Actions tells the App of the run that it has carried out: one notice on the job's own check run, of
 * a title of its own. Everybody who can read the repository can read it. Whoever can push to the repository can forge one, and
 * only has Orch believe what it then finds on GitHub or does not.
 */

/** An annotation of a check run, as far as it is read. */
export interface Annotation {
  title: string | null;
  message: string | null;
}

const TITLE = 'Orch result';

/** Rises with each change of the shape. */
const VERSION = 1;

/** A runner cuts the message of an annotation after 4,096 UTF-16 units. */
const MOST_UNITS = 4096;

const line = z.string().max(500);
const count = z.int().min(0);
const sha = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/);

const result = z.strictObject({
  version: z.literal(VERSION),
  run: z.string().regex(/^T\d{1,15}\.\d{1,6}$/),
  outcome: z.enum(RUN_OUTCOMES),
  exitCode: z.int().nullable(),
  reason: line.nullable(),
  /** Another try would end the same. */
  permanent: z.boolean(),
  setupFailed: line.nullable(),
  killedBy: line.nullable(),
  /** What kept the agent from its model in the end; `until` in ms. */
  limit: z
    .strictObject({ kind: z.enum(['rate', 'usage']), reason: line, until: count.nullable() })
    .nullable(),
  /** The agent has said `orch done`. */
  done: z.boolean(),
  summary: line.nullable(),
  /** What it has asked people, and waits for. */
  question: line.nullable(),
  /** The branch's tip on GitHub, as the job pushed it last. */
  head: sha.nullable(),
  pull: z.int().min(1).nullable(),
  /** Where on GitHub commits are that are not on the branch. */
  rescued: z
    .string()
    .regex(/^refs\/orch\/rescue\/[\w.-]{1,100}$/)
    .nullable(),
  lastWords: z.string().max(4000).nullable(),
  usage: z
    .strictObject({
      model: line.nullable(),
      inputTokens: count.nullable(),
      cachedTokens: count.nullable(),
      outputTokens: count.nullable(),
      costUsd: z.number().min(0).nullable(),
      costSource: z.enum(['reported', 'computed']).nullable(),
    })
    .nullable(),
});

export type Result = z.infer<typeof result>;

/** Where words are cut when there are too many, the least telling first. */
const WORDS = ['lastWords', 'summary', 'question', 'reason', 'setupFailed', 'killedBy'] as const;

/** The notice of a result: without tokens, and as long as a runner lets it be. */
export function writeResult(whole: Omit<Result, 'version'>): { title: string; message: string } {
  let cut: Result = { ...whole, version: VERSION };
  for (const field of WORDS) cut[field] = cleaned(cut[field], field === 'lastWords' ? 4000 : 500);
  if (cut.limit !== null) cut.limit = { ...cut.limit, reason: cleaned(cut.limit.reason, 500) as string };
  result.parse(cut);
  for (;;) {
    const message = JSON.stringify(cut);
    if (message.length <= MOST_UNITS) return { title: TITLE, message };
    const field = WORDS.find(name => (cut[name]?.length ?? 0) > 40) as (typeof WORDS)[number];
    const words = cut[field] as string;
    cut = { ...cut, [field]: shorten(words, Math.max(40, words.length - (message.length - MOST_UNITS))) };
  }
}

/** What a job has told of this run, at last; null when it has told nothing, or in the words of another release. */
export function readResult(run: string, annotations: readonly Annotation[]): Result | null {
  for (const { title, message } of annotations.toReversed()) {
    const read = title === TITLE ? parse(message ?? '') : null;
    if (read?.run === run) return read;
  }
  return null;
}

function parse(message: string): Result | null {
  if (message.length > MOST_UNITS) return null;
  try {
    return result.parse(JSON.parse(message));
  } catch {
    return null;
  }
}

function cleaned(words: string | null, most: number): string | null {
  return words === null ? null : shorten(redactShapes(stripControl(words)), most);
}
