import { z } from 'zod';
import { type RunOptions, readOption } from '../command/options.ts';
import { OPTION_HELP } from '../help/options.ts';
import { OrchError } from '../shared/errors.ts';
import { stripInvisible } from '../shared/invisible.ts';

/** What a workflow's `with:` says, for each mode what it takes. */
export type Inputs = RunInputs | EnqueueInputs | ExecuteInputs;

/** The task is done in this job. */
export interface RunInputs extends Wanted {
  mode: 'run';
  settings: string | null;
  token: string;
}

/** The task is handed to an Orch that runs elsewhere: on the runner's own host where `api` is null. */
export interface EnqueueInputs extends Wanted {
  mode: 'enqueue';
  settings: string | null;
  token: string;
  api: { url: string; token: string } | null;
  wait: boolean;
}

/** A run of a task of the App's is done in this job. */
export interface ExecuteInputs {
  mode: 'execute';
  /** JSON, as it came. */
  order: string;
  settings: string | null;
  token: string;
}

interface Wanted {
  /** What is to be done, where the event doesn't say it. */
  task: string | null;
  issue: number | null;
  options: RunOptions;
}

const RUN_OPTIONS = ['agent', 'model', 'priority', 'timeout', 'budget', 'base'] as const;
const WANTED = ['task', 'issue', ...RUN_OPTIONS] as const;

/** The inputs of each mode, beside `mode` itself. */
export const TAKES = {
  run: [...WANTED, 'settings', 'token'],
  enqueue: [...WANTED, 'settings', 'token', 'api-url', 'api-token', 'wait'],
  execute: ['order', 'settings', 'token'],
} as const satisfies Record<Inputs['mode'], readonly string[]>;

type Mode = keyof typeof TAKES;
type Name = 'mode' | (typeof TAKES)[Mode][number];

export const INPUT_NAMES: readonly Name[] = [...new Set<Name>(['mode', ...Object.values(TAKES).flat()])];
/** Those that nobody may see, not even in an error. */
export const SECRET_INPUTS = ['token', 'api-token'] as const satisfies readonly Name[];
/** Those that are never empty, since action.yml gives them a default. */
const PRESET: readonly Name[] = ['mode', 'token', 'wait'];

const SHAPES = {
  task: {
    schema: z.string().transform(stripInvisible).pipe(z.string().trim().min(1).max(32_768)),
    is: 'text of 32,768 characters at most',
  },
  issue: {
    schema: z
      .string()
      .regex(/^#?[1-9]\d{0,9}$/)
      .transform(text => Number(text.replace('#', ''))),
    is: 'the number of an issue, such as 42',
  },
  settings: {
    schema: z
      .string()
      .max(4096)
      .regex(/^\P{Cc}+$/u),
    is: 'the path of a file',
  },
  order: { schema: z.string().max(65_535), is: 'what the App writes' },
  'api-url': {
    schema: z.string().max(2048).refine(isSafeAddress),
    is: 'an address that begins with https://, or with http:// on the host itself',
  },
  'api-token': { schema: z.string().regex(/^[\x21-\x7e]{1,1024}$/), is: 'a token of one line' },
  token: { schema: z.string().regex(/^[\x21-\x7e]{1,4096}$/), is: 'a token of one line' },
} as const satisfies Partial<Record<Name, Shape>>;

interface Shape {
  schema: z.ZodType;
  is: string;
}

/**
 * Reads what the workflow says, once; `get` gives an input by its name, empty where it isn't set. Errors: E_INPUT, which
 * names the input.
 */
export function readInputs(get: (name: string) => string): Inputs {
  const mode = get('mode');
  if (!isMode(mode)) throw wrong('mode', mode, 'run, enqueue or execute');
  refuseOthers(mode, get);
  const settings = read('settings', get);
  const token = read('token', get);
  if (token === null) throw new OrchError('E_INPUT', '`token` is empty', { remedy: NO_TOKEN });
  switch (mode) {
    case 'run':
      return { mode, ...readWanted(get), settings, token };
    case 'enqueue':
      return { mode, ...readWanted(get), settings, token, api: readApi(get), wait: readWait(get) };
    case 'execute':
      return { mode, order: required('order', read('order', get)), settings, token };
    default:
      return mode satisfies never;
  }
}

const NO_TOKEN =
  'Leave `token` out, or give it a secret that is there: runs for Dependabot and for forks have none.';

function isMode(text: string): text is Mode {
  return Object.hasOwn(TAKES, text);
}

/** An input that does nothing would be a surprise later. */
function refuseOthers(mode: Mode, get: (name: string) => string): void {
  const takes: readonly Name[] = TAKES[mode];
  const other = INPUT_NAMES.find(name => !PRESET.includes(name) && !takes.includes(name) && get(name) !== '');
  if (other === undefined) return;
  const modes = Object.entries(TAKES).filter(([, names]) => (names as readonly Name[]).includes(other));
  const remedy = `Take it out, or set \`mode\` to ${modes.map(([name]) => name).join(' or ')}.`;
  throw new OrchError('E_INPUT', `\`${other}\` is no input of \`mode: ${mode}\``, { remedy });
}

function readWanted(get: (name: string) => string): Wanted {
  const task = read('task', get);
  const issue = read('issue', get);
  return { task, issue, options: readOptions(get) };
}

function readOptions(get: (name: string) => string): RunOptions {
  const given = RUN_OPTIONS.map(name => ({ name, text: get(name) })).filter(({ text }) => text !== '');
  return Object.assign(
    {},
    ...given.map(({ name, text }) => {
      const option = readOption(name, text);
      if (option === null) throw wrong(name, text, OPTION_HELP[name][1]);
      return option;
    }),
  );
}

function readApi(get: (name: string) => string): EnqueueInputs['api'] {
  const url = read('api-url', get);
  const token = read('api-token', get);
  if (url === null && token === null) return null;
  return { url: required('api-url', url), token: required('api-token', token) };
}

function readWait(get: (name: string) => string): boolean {
  const text = get('wait').toLowerCase();
  if (text !== 'true' && text !== 'false') throw wrong('wait', text, 'true or false');
  return text === 'true';
}

function read<N extends keyof typeof SHAPES>(
  name: N,
  get: (name: string) => string,
): z.output<(typeof SHAPES)[N]['schema']> | null {
  const text = get(name);
  if (text === '') return null;
  const { schema, is } = SHAPES[name];
  const parsed = schema.safeParse(text);
  if (!parsed.success) throw wrong(name, text, is);
  return parsed.data as z.output<(typeof SHAPES)[N]['schema']>;
}

function required<T>(name: Name, value: T | null): T {
  if (value !== null) return value;
  throw new OrchError('E_INPUT', `\`${name}\` is missing`, {
    remedy: `Give \`${name}\` under \`with:\` in the workflow.`,
  });
}

function wrong(name: Name, text: string, is: string): OrchError {
  const isSecret = (SECRET_INPUTS as readonly Name[]).includes(name);
  const what = isSecret ? 'what it is' : JSON.stringify(text.slice(0, 60));
  return new OrchError('E_INPUT', `\`${name}\` can't be ${what}: it is ${is}`, {
    remedy: `Correct \`${name}\` under \`with:\` in the workflow.`,
  });
}

/** A token is not to be read on its way. */
function isSafeAddress(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '') return false;
  const isOwnHost = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  return url.protocol === 'https:' || (url.protocol === 'http:' && isOwnHost);
}
