import { z } from 'zod';
import type { ErrorCode } from '../shared/errors.ts';

/**
 * One exchange per connection: the worktree's command sends one line of JSON, for a push or a checkpoint followed by the
 * pack until it shuts its side down; the broker answers with one line of JSON. Who asks people keeps the connection open,
 * or is taken to have given up, and confirms the answer with another line: until then it has not arrived.
 */
const sha = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/);
const NOTHING = /^0+$/;

export const question = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('refs') }),
  z.strictObject({
    kind: z.literal('push'),
    ref: z.string().min(1).max(1000),
    /** Where the agent's git believes the ref to be; null when it is not there. */
    old: sha.refine(text => !NOTHING.test(text)).nullable(),
    /** Null deletes the ref, which is refused. */
    new: sha.refine(text => !NOTHING.test(text)).nullable(),
  }),
  z.strictObject({
    kind: z.literal('pull'),
    title: z.string().trim().min(1).max(256),
    /** GitHub takes 65,536 characters; more is cut there, not refused here. */
    body: z.string().max(262_144),
    base: z.string().min(1).max(255).nullable(),
    draft: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal('checkpoint'),
    /** A commit of the whole worktree; its pack follows. */
    new: sha,
    note: z.string().max(200).nullable(),
    /** Files that are not in it, each with the reason. */
    leftOut: z.array(z.string().max(400)).max(30),
  }),
  z.strictObject({ kind: z.literal('ask'), question: z.string().trim().min(1).max(4000) }),
  z.strictObject({ kind: z.literal('progress'), text: z.string().trim().min(1).max(500) }),
  z.strictObject({
    kind: z.literal('plan'),
    text: z.string().trim().min(1).max(30_000),
    /** Files that are expected to change. */
    files: z.array(z.string().trim().min(1).max(400)).max(200),
    risk: z.string().trim().min(1).max(1000).nullable(),
  }),
  z.strictObject({ kind: z.literal('done'), summary: z.string().max(65_536).nullable() }),
]);
export type Question = z.infer<typeof question>;

export type Refusal = { ok: false; message: string; code?: ErrorCode; remedy?: string };

export interface Answers {
  /** What the daemon has of the repository: a push may build on it. `branch` is the only one that the run may push. */
  refs: { ok: true; branch: string; refs: Record<string, string> };
  push: { ok: true };
  pull: { ok: true; number: number; url: string | null; created: boolean };
  /** `created`: false when it is the same as the one before. */
  checkpoint: { ok: true; number: number; created: boolean };
  /** What people have said since the agent last heard of them; null when nobody answered in time. */
  ask: { ok: true; said: string[] | null };
  progress: { ok: true };
  plan: { ok: true };
  done: { ok: true };
}
