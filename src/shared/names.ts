import { z } from 'zod';

/** A profile's name: it becomes part of agents, labels and tmux ids. */
export const profileName = z.string().regex(/^[a-z][a-z0-9_-]{0,30}$/, 'must be a name such as claude');

export const modelName = z.string().regex(/^[a-zA-Z0-9][\w.:/@+-]{0,99}$/, 'must be a model such as sonnet');

/** What an agent is good at, such as `tests`: profiles have such words, and tasks ask for them. */
export const capabilityName = z.string().regex(/^[a-z][a-z0-9_-]{0,30}$/, 'must be a word such as tests');

/** What `git check-ref-format` refuses, and what a command could take for an option. */
const NOT_IN_BRANCH = /^$|^[-/.]|\.\.|\/\/|\/\.|@\{|\.lock(\/|$)|[/.]$|[\s\p{Cc}~^:?*[\\]/u;

/** A file that a task names: a path in its repository, or in the shared context of that. It leads out of neither. */
export const contextFile = z
  .string()
  .max(300)
  .refine(
    path =>
      path !== '' &&
      !/^[/~]|[\\\p{Cc}]/u.test(path) &&
      path.split('/').every(part => part !== '..' && part.toLowerCase() !== '.git'),
    'must be a path in the repository or its shared context, such as docs/api.md',
  );

/** A branch as people write it, without `refs/heads/`. */
export const baseBranch = z.string().refine(name => name.length <= 200 && !NOT_IN_BRANCH.test(name));
