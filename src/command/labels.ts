import { profileName } from '../shared/names.ts';
import { PRIORITIES } from '../task/glossary.ts';
import type { RunOptions } from './options.ts';

/** Words after `orch:` that are options, and so can't be agents. */
export const LABEL_OPTIONS: readonly string[] = [...PRIORITIES, 'plan'];

/**
 * What adding the label `added` asks for on an issue with the labels `all`; null when it starts nothing.
 * `orch`, `orch:<agent>` and `orch:plan` start a task, `orch:high` and `orch:low` only go with them. Case is no matter to GitHub.
 */
export function parseLabels(added: string, all: readonly string[], prefix = 'orch'): RunOptions | null {
  const agent = agentOf(added, prefix);
  const plan = `${prefix}:plan`.toLowerCase();
  if (agent === null && ![prefix.toLowerCase(), plan].includes(added.toLowerCase())) return null;
  const labels = all.map(label => label.toLowerCase());
  const priority = PRIORITIES.find(word => labels.includes(`${prefix}:${word}`.toLowerCase()));
  const chosen = agent ?? all.map(label => agentOf(label, prefix)).find(name => name !== null);
  const first = labels.includes(plan) ? { plan: true as const } : {};
  return { ...(chosen ? { agent: chosen } : {}), ...(priority ? { priority } : {}), ...first };
}

function agentOf(label: string, prefix: string): string | null {
  const start = `${prefix}:`.toLowerCase();
  const name = label.toLowerCase().slice(start.length);
  const named = label.toLowerCase().startsWith(start) && profileName.safeParse(name).success;
  return named && !LABEL_OPTIONS.includes(name) ? name : null;
}
