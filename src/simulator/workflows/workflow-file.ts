import { parse } from 'yaml';
import { z } from 'zod';

/** A file of `.github/workflows`, as much of it as the simulated GitHub does. Its expressions are as written. */
export type WorkflowFile = z.output<typeof file>;
export type JobDefinition = WorkflowFile['jobs'][string];
export type StepDefinition = JobDefinition['steps'][number];

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const texts = z.union([text.transform(one => [one]), z.array(text)]);
const named = z.record(z.string(), text).default({});
const level = z.enum(['read', 'write', 'none']);
const permissions = z.union([z.enum(['read-all', 'write-all']), z.record(z.string(), level)]);
const concurrency = z.union([
  text.transform(group => ({ group, 'cancel-in-progress': 'false', queue: 'single' as const })),
  z
    .strictObject({
      group: text,
      'cancel-in-progress': text.default('false'),
      queue: z.enum(['single', 'max']).default('single'),
    })
    .refine(
      ({ queue, ...how }) => queue === 'single' || how['cancel-in-progress'] === 'false',
      'queue: max goes with no cancel-in-progress',
    ),
]);

interface Trigger {
  types?: string[] | undefined;
  branches?: string[] | undefined;
  'branches-ignore'?: string[] | undefined;
  inputs?: Record<string, { required: boolean; default?: string | undefined } | null> | undefined;
}

const trigger = z
  .strictObject({
    types: texts.optional(),
    branches: texts.optional(),
    'branches-ignore': texts.optional(),
    inputs: z
      .record(
        z.string(),
        z.object({ required: z.boolean().default(false), default: text.optional() }).nullable(),
      )
      .optional(),
  })
  .nullable()
  .transform((one): Trigger => one ?? {});

const on = z.union([
  texts.transform(names => Object.fromEntries(names.map((name): [string, Trigger] => [name, {}]))),
  // What a schedule says is no object; its time comes when somebody says so.
  z
    .record(z.string(), z.unknown())
    .transform(({ schedule, ...rest }) => (schedule === undefined ? rest : { ...rest, schedule: null }))
    .pipe(z.record(z.string(), trigger)),
]);

const step = z
  .strictObject({
    id: z.string().optional(),
    name: text.optional(),
    if: text.optional(),
    env: named,
    uses: z.string().optional(),
    with: named,
    run: z.string().optional(),
  })
  .refine(({ uses, run }) => (uses === undefined) !== (run === undefined), 'needs either uses or run');

const job = z.strictObject({
  name: text.optional(),
  if: text.optional(),
  'runs-on': texts,
  permissions: permissions.optional(),
  concurrency: concurrency.optional(),
  env: named,
  'timeout-minutes': z.number().optional(),
  steps: z.array(step).min(1),
});

const file = z.strictObject({
  name: text.optional(),
  'run-name': text.optional(),
  on,
  permissions: permissions.optional(),
  concurrency: concurrency.optional(),
  env: named,
  jobs: z
    .record(z.string().regex(/^[A-Za-z_][\w-]*$/), job)
    .refine(jobs => Object.keys(jobs).length > 0, 'needs a job'),
});

/** Throws for what GitHub would call an invalid workflow file, and for what the simulated one does not know. */
export function readWorkflow(written: string): WorkflowFile {
  return file.parse(parse(written));
}
