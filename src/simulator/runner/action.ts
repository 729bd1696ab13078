import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

/** A JavaScript action, as its action.yml says. */
export interface Action {
  directory: string;
  main: string;
  post: { file: string; if: string } | null;
  /** Defaults by the inputs' names. */
  inputs: Record<string, string>;
}

const manifest = z.object({
  inputs: z
    .record(
      z.string(),
      z.object({ default: z.union([z.string(), z.number(), z.boolean()]).optional() }).nullable(),
    )
    .default({}),
  runs: z.object({
    using: z.enum(['node20', 'node24']),
    main: z.string(),
    post: z.string().optional(),
    'post-if': z.string().default('always()'),
  }),
});

/**
 * Copies an action to where a job's actions are. `uses` is `owner/repo/path@ref`; `known` has folders by `owner/repo/path`.
 * Throws, in the runner's words, for one that isn't there or that is no JavaScript action.
 */
export function fetchAction(uses: string, known: Readonly<Record<string, string>>, actions: string): Action {
  const [name = '', ref = ''] = uses.split('@');
  const source = known[name];
  if (source === undefined || ref === '')
    throw new Error(`Unable to resolve action \`${uses}\`, repository not found`);
  const [owner = '', repository = '', ...path] = name.split('/');
  const directory = join(actions, owner, repository, ref, ...path);
  cpSync(source, directory, { recursive: true });
  const { inputs, runs } = manifest.parse(parse(readFileSync(join(directory, 'action.yml'), 'utf8')));
  return {
    directory,
    main: join(directory, runs.main),
    post: runs.post === undefined ? null : { file: join(directory, runs.post), if: runs['post-if'] },
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([key, input]) => [key, String(input?.default ?? '')]),
    ),
  };
}

/** `INPUT_…` for each input of the action and of the step; names differ in case only from each other. */
export function inputEnvironment(
  defaults: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const all = [...Object.entries(defaults), ...Object.entries(given)];
  return Object.fromEntries(
    all.map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value]),
  );
}
