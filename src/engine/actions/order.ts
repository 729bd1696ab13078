import { z } from 'zod';
import { OrchError } from '../../shared/errors.ts';
import { baseBranch, contextFile, modelName, profileName } from '../../shared/names.ts';
import { redactShapes } from '../../shared/secrets/secrets.ts';
import { shorten } from '../../shared/text.ts';
import { RUN_OUTCOMES, runName } from '../../task/glossary.ts';

/**
 * What the App tells a job of GitHub Actions that carries out a run: the inputs `run` and `order` of the workflow's dispatch.
 * Everybody who can read the repository can read them, so nothing secret is in them; and they may come from anybody who
 * can dispatch, so the job believes nothing of it that GitHub could tell otherwise.
 */

/** Rises with each change of the shape: whoever meets another number refuses, and says who is to be brought up to date. */
const VERSION = 1;

/** GitHub takes 65,535 characters of inputs. Counted is what is sent, in bytes, so that it holds however GitHub counts. */
const MOST_BYTES = 65_000;

const id = z.int().min(1).max(Number.MAX_SAFE_INTEGER);
const text = z.string().max(MOST_BYTES);
const line = z.string().max(500);
const sha = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/, 'must be a commit');
const login = z.string().regex(/^[\w.-]{1,100}(\[bot\])?$/, 'must be a login');

const remark = z.strictObject({ login, at: line, where: line.nullable(), text });

/** The public part of a task's row. */
const task = z.strictObject({
  id,
  repository: z.string().regex(/^[\w.-]{1,100}\/[\w.-]{1,100}$/, 'must be like acme/shop'),
  repositoryId: id,
  /** 0: it was asked for at no issue. */
  issue: z.int().min(0),
  onPullRequest: z.boolean(),
  headSha: sha.nullable(),
  requester: login,
  requesterId: z.int().min(0),
  instruction: text,
  /** Title and text of the issue are the task. */
  vouched: z.boolean(),
  issueTitle: text,
  issueBody: text,
  conversation: z.array(remark).max(100),
  contextFiles: z.array(contextFile).max(100),
  base: baseBranch.nullable(),
  /** What `.github/orch.yml` said. */
  settings: z.record(z.string().max(100), z.json()),
  correlation: z.string().regex(/^[\w:.-]{1,200}$/, 'must be a delivery'),
  branch: baseBranch,
  target: baseBranch,
  baseSha: sha,
  head: sha.nullable(),
  pull: id.nullable(),
  pullUrl: z.url().nullable(),
  /** It goes on in the branch of a task before it. */
  continues: z.boolean(),
});

const order = z.strictObject({
  version: z.literal(VERSION),
  task,
  run: z.strictObject({
    number: id,
    agent: profileName,
    slot: id,
    /** Null: its CLI decides. */
    model: modelName.nullable(),
    timeoutSeconds: z.int().min(1),
    /** What is left of the task's budget. */
    budgetUsd: z.number().min(0).nullable(),
    budgetTokens: z.int().min(0).nullable(),
  }),
  /** What people have told the task's agent, oldest first. */
  said: z.array(z.strictObject({ author: login, text })).max(1000),
  /** How the runs before it ended, oldest first. */
  earlier: z
    .array(
      z.strictObject({
        number: id,
        agent: profileName,
        slot: id,
        outcome: z.enum(RUN_OUTCOMES),
        reason: line.nullable(),
        lastWords: z.string().max(4000).nullable(),
        /** Where on GitHub its commits are that are not on the branch. */
        rescued: z
          .string()
          .regex(/^refs\/orch\/rescue\/[\w.-]{1,100}$/)
          .nullable(),
      }),
    )
    .max(100),
  /** What its agents have said of their progress, oldest first. */
  notes: z.array(text).max(100),
});

export type Order = z.infer<typeof order>;

/**
 * The inputs of a dispatch, without what has the shape of a secret. Where GitHub does not take as much, the oldest of what was said
 * goes, then the end of the issue's text. Errors: E_PROMPT_TOO_LONG when what must not be cut is too long by itself.
 */
export function writeOrder(whole: Omit<Order, 'version'>): { run: string; order: string } {
  let cut = order.parse(redacted({ version: VERSION, ...whole }));
  for (;;) {
    const inputs = { run: runName(cut.task.id, cut.run.number), order: JSON.stringify(cut) };
    if (Buffer.byteLength(JSON.stringify(inputs)) <= MOST_BYTES) return inputs;
    cut = shorter(cut);
  }
}

/** Reads what the input `order` holds. Errors: E_INPUT when that is none, or of another release of Orch. */
export function readOrder(written: string): Order {
  const json = parseJson(written);
  const version = z.object({ version: z.int() }).safeParse(json);
  if (version.success && version.data.version !== VERSION) {
    const [who, what] = version.data.version > VERSION ? ['the action', 'App'] : ['the App', 'action'];
    throw new OrchError('E_INPUT', 'The order is of another release of Orch than this action', {
      remedy: `Bring ${who} up to the release of the ${what}.`,
    });
  }
  const read = order.safeParse(json);
  if (!read.success) {
    const [first] = read.error.issues;
    throw notAnOrder(`${first?.path.join('.') || 'order'}: ${first?.message}`);
  }
  return read.data;
}

function parseJson(written: string): unknown {
  try {
    return JSON.parse(written);
  } catch {
    throw notAnOrder('it is no JSON');
  }
}

function notAnOrder(why: string): OrchError {
  return new OrchError('E_INPUT', `The input \`order\` is not an order of Orch: ${shorten(why, 300)}`, {
    remedy: 'Only the App starts this workflow: comment /orch on an issue.',
  });
}

function shorter(cut: Order): Order {
  const { task } = cut;
  if (task.conversation.length > 0)
    return { ...cut, task: { ...task, conversation: task.conversation.slice(1) } };
  if (cut.notes.length > 0) return { ...cut, notes: cut.notes.slice(1) };
  if (task.issueBody !== '' && !task.vouched) {
    const issueBody = shorten(task.issueBody, Math.floor(task.issueBody.length * 0.9));
    return { ...cut, task: { ...task, issueBody: task.issueBody.length > 200 ? issueBody : '' } };
  }
  const what = 'The task does not fit into the inputs of a workflow, which hold 65,535 characters';
  throw new OrchError('E_PROMPT_TOO_LONG', what, {
    remedy: 'Say it in fewer words, and put the rest into a file of the repository.',
  });
}

/** Every text in it without what has the shape of a token or key. */
function redacted<T>(value: T): T {
  if (typeof value === 'string') return redactShapes(value) as T;
  if (Array.isArray(value)) return value.map(redacted) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, redacted(each)])) as T;
}
