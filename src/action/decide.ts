import { type ZodError, z } from 'zod';
import { parseComment } from '../command/comment.ts';
import { OrchError } from '../shared/errors.ts';
import type { RunInputs } from './inputs.ts';
import type { Job } from './job.ts';

/** What the event of a workflow run asks for, as far as it tells by itself; whether its sender may is for GitHub to say. */
export type Asked =
  /** As the App would take it, by the name that its handlers have. */
  | { kind: 'event'; name: string; payload: object }
  /** What the workflow itself says. */
  | { kind: 'task'; instruction: string; issue: number | null };

const payloads = z.looseObject({ action: z.string().optional() });
/** People's words stand in one of these. */
const words = z.object({
  comment: z.object({ body: z.string().nullish() }).optional(),
  review: z.object({ body: z.string().nullish() }).optional(),
});

/** Events about what people say and do, of which most ask for nothing. All others tell nothing that could be done. */
const BY_PEOPLE = /^(issues|issue_comment|pull_request|pull_request_review|pull_request_review_comment)$/;
const ASKING =
  /^(issue_comment\.created|issues\.(labeled|assigned)|pull_request_review\.submitted|pull_request_review_comment\.created)$/;

/**
 * Null when nothing is asked for, which is known without a call. Errors: E_INPUT where the event can't ask by itself and the
 * workflow does not say what is to be done either.
 */
export function decide(
  { task, issue }: Pick<RunInputs, 'task' | 'issue'>,
  { event }: Pick<Job, 'event'>,
): Asked | null {
  if (task !== null) return { kind: 'task', instruction: task, issue };
  if (!BY_PEOPLE.test(event.name)) {
    throw new OrchError('E_INPUT', `\`${event.name}\` does not say what is to be done`, {
      remedy: 'Give `task` under `with:` in the workflow.',
    });
  }
  const payload = readAs(payloads, event.payload);
  const name = `${event.name}.${payload.action ?? ''}`;
  if (!ASKING.test(name)) return null;
  const { comment, review } = readAs(words, payload);
  const said = comment ?? review;
  if (said && parseComment(said.body ?? '').length === 0) return null;
  return { kind: 'event', name, payload };
}

function readAs<T>(schema: z.ZodType<T>, payload: unknown): T {
  const parsed = schema.safeParse(payload);
  if (!parsed.success) throw strangeEvent(parsed.error);
  return parsed.data;
}

/** Of all that is wrong with an event the first. */
export function strangeEvent(cause: ZodError): OrchError {
  const where = cause.issues[0]?.path.join('.') ?? '';
  const what = where === '' ? '' : `: ${where}`;
  return new OrchError('E_INPUT', `The event is not as GitHub sends it${what}`, {
    cause,
    remedy: 'Start the action by an event of GitHub.',
  });
}
