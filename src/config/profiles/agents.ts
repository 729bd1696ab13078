import { z } from 'zod';
import { LABEL_OPTIONS } from '../../command/labels.ts';
import { profileName } from '../../shared/names.ts';
import { type CamelTop, camelTop } from '../camel.ts';
import { BUILT_IN } from './built-in.ts';
import type { EventRule, LimitRule, RefusalRule } from './rules.ts';
import { BLANK, profileSettings } from './schema.ts';

type Own = z.output<typeof profileSettings>;
type Agents = Record<string, Own>;

/** The profile will need no `command` once it is built in. */
const BUILT_IN_LATER = ['cursor'];

/** How one agent CLI is driven: complete, as a run needs it. schema.ts says what each key is. */
export type Profile = { name: string } & CamelTop<Complete>;

interface Complete {
  command: string[];
  resume: string[] | null;
  interactive: string[] | null;
  model_arguments: string[];
  mcp_arguments: string[];
  session: 'preset' | 'learnt' | 'none';
  prompt: 'file' | 'stdin' | 'argument';
  environment: Record<string, string>;
  inherits: string[];
  files: Record<string, string>;
  hosts: string[];
  login: { variables: string[]; files: string[]; command: string | null };
  install: string | null;
  version: { command: string[] | null; tried: string[]; from: string | null; below: string | null };
  as_root: Record<string, string>;
  /** None: no JSON is printed, and the pane shows the CLI itself. */
  events: EventRule[];
  limits: LimitRule[];
  refusals: RefusalRule[];
  screen: Record<'ready' | 'working' | 'permission' | 'trust' | 'limit', string | null>;
  exit_codes: Record<string, string>;
  memory_mb_seen: number | null;
  capabilities: string[];
  /** Paths of this machine that it sees in its sandbox besides the system and its worktree. */
  expose: { read: string[]; write: string[] };
  max_instances: number;
  /** Null: the task's own time-out. */
  timeout_seconds: number | null;
  retry_on_failure: boolean;
  model: string | null;
  /** Null: what `limits` says for all. */
  memory_mb: number | null;
  cpu_percent: number | null;
}

const name = profileName.refine(text => !LABEL_OPTIONS.includes(text), {
  error: 'an agent needs another name: this one is an option in labels',
});

/** The section `agents`: each profile by its name. */
export const agentsSettings = z.record(name, profileSettings).superRefine((agents, context) => {
  for (const key of Object.keys(agents)) {
    const message = mistake(key, agents);
    if (message !== null) context.addIssue({ code: 'custom', path: [key], message });
  }
});

/** The profiles that can run, and a warning for each that can't yet. */
export function toProfiles(agents: Agents): { profiles: Profile[]; warnings: string[] } {
  const names = Object.keys(agents);
  const profiles = names.map(key => complete(key, agents)).filter(each => each !== null);
  const missing = names.filter(key => complete(key, agents) === null);
  const warnings = missing.map(
    key => `agents.${key} can't run without a command: its built-in profile comes later`,
  );
  return { profiles, warnings };
}

/** The built-in profile of this name, as it is without any settings. */
export function builtIn(key: string): Profile | null {
  return key in BUILT_IN ? complete(key, { [key]: {} }) : null;
}

function mistake(key: string, agents: Agents): string | null {
  const chain = lineage(key, agents);
  if (typeof chain === 'string') return chain;
  const profile = complete(key, agents);
  if (profile === null)
    return BUILT_IN_LATER.includes(key) ? null : 'lacks `command`: what is run for this agent';
  const names = (argv: string[] | null) => argv?.some(each => each.includes('{session}')) ?? false;
  if (profile.session === 'preset' && !names(profile.command))
    return '`session: preset` wants `{session}` in `command`';
  if (profile.session !== 'preset' && names(profile.command))
    return '`{session}` in `command` wants `session: preset`';
  if (profile.resume && !names(profile.resume)) return '`resume` lacks `{session}`: what it goes on with';
  return null;
}

/** Null where nothing says what is run. */
function complete(key: string, agents: Agents): Profile | null {
  const chain = lineage(key, agents);
  if (typeof chain === 'string') return null;
  const { like: _, ...data } = chain.reduceRight<Record<string, unknown>>(over, BLANK);
  if (data.command === undefined) return null;
  const resumable = data as unknown as Complete;
  return {
    name: key,
    ...camelTop({ ...resumable, resume: resumable.resume?.length ? resumable.resume : null }),
  };
}

/**
 * The data of a profile and of those that it is like, itself first; or what is wrong with that. One that is named like a
 * built-in profile is like it, unless it says by `command` that it is something else.
 */
function lineage(key: string, agents: Agents): Own[] | string {
  const chain: Own[] = [];
  const seen = new Set<string>();
  for (let at: string | undefined = key; at !== undefined; ) {
    const own: Own | undefined = seen.has(at) ? undefined : agents[at];
    if (own !== undefined) chain.push(own);
    const next: string | undefined = own?.like;
    if (next === undefined) return own?.command ? chain : [...chain, ...builtInData(at)];
    if (next !== at && seen.has(next)) return `is like \`${next}\`, which is like it again`;
    if (!(next in agents) && !(next in BUILT_IN)) return `is like \`${next}\`, and there is no such profile`;
    seen.add(at);
    at = next;
  }
  return chain;
}

function builtInData(key: string): Own[] {
  const data = Object.hasOwn(BUILT_IN, key) ? BUILT_IN[key] : undefined;
  return data ? [profileSettings.parse(data)] : [];
}

/** Key by key: a list or text takes the place of what was there, names with values join it. */
function over(base: Record<string, unknown>, own: object): Record<string, unknown> {
  const entries = Object.entries(own).filter(([, value]) => value !== undefined);
  const merged = entries.map(([key, value]) => {
    const before = base[key];
    return [key, isRecord(value) && isRecord(before) ? { ...before, ...value } : value];
  });
  return { ...base, ...Object.fromEntries(merged) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
