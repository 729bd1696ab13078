import { z } from 'zod';
import { stripInvisible } from '../../shared/invisible.ts';
import { contextFile, profileName } from '../../shared/names.ts';
import { PRIORITIES } from '../../task/glossary.ts';
import { checkNames } from './entries.ts';

const MOST_TASKS = 1000;

const name = z
  .union([z.string(), z.int()])
  .transform(String)
  .pipe(z.string().regex(/^\w[\w.-]{0,63}$/, 'must be a name such as build'));

/** A task as a file has it. Whoever reads the file may like to see `created_at`, and shared context agents get anyway. */
const task = z.strictObject({
  id: name.optional(),
  description: z.string().transform(stripInvisible).pipe(z.string().trim().min(1).max(60_000)),
  priority: z
    .union([z.enum(PRIORITIES), z.int().min(0).max(2)], {
      error: 'must be high, normal or low, or 0, 1 or 2',
    })
    .transform(value => (typeof value === 'number' ? PRIORITIES[value] : value))
    .optional(),
  preferred_agent: profileName.optional(),
  timeout_minutes: z.number().min(1).max(1440).optional(),
  context_required: z.boolean().optional(),
  context_files: z.array(contextFile).max(100).default([]),
  dependencies: z.array(name).max(MOST_TASKS).default([]),
  created_at: z.union([z.string(), z.number()]).optional(),
});

const parent = task.extend({
  subtasks: z
    .array(z.union([name, task]))
    .max(MOST_TASKS)
    .default([]),
});

export type RawTask = z.output<typeof task>;
export type RawParent = z.output<typeof parent>;

const list = z
  .array(parent)
  .min(1)
  .max(MOST_TASKS)
  .superRefine((tasks, { addIssue }) => {
    for (const { path, message } of checkNames(tasks)) addIssue({ code: 'custom', path, message });
  });
const single = parent
  .superRefine((each, { addIssue }) => {
    for (const { path, message } of checkNames([each]))
      addIssue({ code: 'custom', path: path.slice(1), message });
  })
  .transform(each => [each]);
const underKey = z.strictObject({ tasks: list }).transform(({ tasks }) => tasks);

/** One task, a list of them, or a list under `tasks`. */
export function formOf(raw: unknown): z.ZodType<RawParent[]> {
  if (Array.isArray(raw)) return list;
  return typeof raw === 'object' && raw !== null && 'tasks' in raw ? underKey : single;
}
