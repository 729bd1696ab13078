import { z } from 'zod';

/** What an event of a CLI can mean, and what can be taken from it. */
const FIELDS = {
  /** The CLI's conversation by its id, and its model. */
  session: ['id', 'model'],
  /** What the agent says. */
  text: ['text'],
  /** A tool that it uses: `detail` is its command, its file. */
  tool: ['name', 'detail'],
  /**
   * Tokens: `input` all that were sent, those from a cache included; `cached` the part of them from a cache; `output`
   * all that came back, reasoning included. `cost` in dollars, as the CLI reckons.
   */
  usage: ['input', 'cached', 'output', 'cost'],
  /**
   * The CLI will call its model again by itself, `delay` ms from now. `reset`: when a limit ends, as text of `limits`.
   * `silent` counts only as `true`: it tells of the first retry, and then of nothing while it goes on to try.
   */
  retry: ['status', 'message', 'delay', 'reset', 'silent'],
  /** Its turn is over. `failed` counts as true only as `true`. */
  end: ['failed', 'status', 'message', 'text'],
} as const;
export type EventKind = keyof typeof FIELDS;

/** Where a value lies in an event: `message.content`, `items.0.id`; `*` stands for each value of a list or an object. */
const path = z.string().min(1).max(200);
const scalar = z.union([z.string().max(1000), z.number(), z.boolean()]);

/** A regular expression without flags, as text. */
export const pattern = z
  .string()
  .max(1000)
  .refine(isPattern, { error: 'must be a regular expression', abort: true });

const condition = z.union([scalar, z.array(scalar).max(50), z.strictObject({ match: pattern })], {
  error: 'must be a value, a list of values, or `match` with a regular expression',
});

const take = z.union([path, z.array(path).min(1).max(10), z.strictObject({ path, match: pattern })], {
  error: 'must be a path, a list of paths whose numbers are added up, or `path` with `match`',
});

/**
 * What one kind of line means. A line that is JSON is its event; any other, of standard output or error, is the event
 * `{ line: text }`. All rules that fit an event count, in order.
 */
export const eventRule = z
  .strictObject({
    /** Conditions on the event, all of which must hold: equal, one of several, or a pattern. */
    when: z.record(path, condition),
    /** The list in the event whose items are meant; `where` and `take` then start at an item. */
    each: path.optional(),
    where: z.record(path, condition).optional(),
    as: z.enum(Object.keys(FIELDS) as [EventKind, ...EventKind[]]),
    /** Each field's place: a path, paths whose numbers are added up, or the group of a pattern in a text. */
    take: z.record(z.string(), take).default({}),
    /** Fields that the event does not hold: constants. */
    set: z.record(z.string(), scalar).default({}),
    /**
     * Of usage: `add` (the default) is a step's, added to the others'; `set` the total of this process; `session` the
     * total of the conversation, with what earlier processes of it have used. Of text: `add` goes on the text before.
     */
    mode: z.enum(['add', 'set', 'session']).optional(),
    /** The path of an id: an event that has the same one again replaces what the former gave. */
    once: path.optional(),
  })
  .superRefine((rule, context) => {
    const known: readonly string[] = FIELDS[rule.as];
    for (const key of ['take', 'set'] as const) {
      for (const field of Object.keys(rule[key]).filter(each => !known.includes(each))) {
        const message = `\`${rule.as}\` has no field \`${field}\`: it has ${known.join(', ')}`;
        context.addIssue({ code: 'custom', path: [key, field], message });
      }
    }
  });
export type EventRule = z.output<typeof eventRule>;

/** The reasons for which a model refuses: by HTTP status, by what was said, or by either of both. */
const reason = {
  status: z.array(z.int().min(100).max(599)).max(50).optional(),
  match: pattern.optional(),
};

/** Held against each `retry` and failed `end`; the first that fits counts. One with `status` and `match` wants both. */
export const limitRule = z.strictObject({
  ...reason,
  /** `rate`: gone in a moment. `usage`: what was paid for is used up until its reset. */
  kind: z.enum(['rate', 'usage']),
  /**
   * A pattern with one group for when it ends: an ISO time, seconds since 1970, seconds from now (`90`, `1h2m3s`), or a
   * time of day of this machine (`3:37 PM`).
   */
  reset: pattern.optional(),
});
export type LimitRule = z.output<typeof limitRule>;

/** What the model refuses for good, held against each `retry` and failed `end`: another try would end the same. */
export const refusalRule = z.strictObject(reason);
export type RefusalRule = z.output<typeof refusalRule>;

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
