import type { AgentView, ProfileView } from '../record/agent-views.ts';
import { duration } from '../shared/clock.ts';
import type { Common } from './common.ts';
import { askDaemon } from './daemon-client.ts';
import { findHome } from './home.ts';
import { type Cell, columns, say, sayJson } from './output.ts';
import { firstLine } from './task-table.ts';

/** `orch agents`: which agent works on what. */
export async function agents(options: Common): Promise<void> {
  const profiles = await askDaemon<ProfileView[]>(await findHome(options), 'GET', '/api/agents');
  if (options.json) return sayJson(profiles);
  if (profiles.length === 0) return say('No agents. What is there for them: orch agents --check');
  process.stdout.write(`${agentTable(profiles, Date.now())}\n`);
}

/** Agents, one a row: those that work, then the others by their number. */
export function agentTable(profiles: readonly ProfileView[], now: number, width?: number): string {
  const rows = profiles.flatMap(profile => {
    const working = profile.agents.filter(({ task }) => task !== null);
    return [...working.map(agent => workingRow(agent, now)), ...restRow(profile)];
  });
  return columns(rows, ['AGENT', 'STATE', 'TASK', 'SINCE', 'WHAT IT DOES'], width);
}

function workingRow({ id, state, task, since, detail, instruction }: AgentView, now: number): Cell[] {
  const isCalling = state === 'waiting' || state === 'stuck' || state === 'limited';
  const time = since === null ? '' : duration(now - Date.parse(since));
  const style = isCalling ? 'yellow' : 'cyan';
  return [id, { text: state ?? '', style }, task ?? '', time, detail ?? firstLine(instruction ?? '')];
}

function restRow({ name, max_instances, running, limited_until, limited_because }: ProfileView): Cell[][] {
  const free = max_instances - running;
  if (limited_until !== null)
    return [
      [name, { text: 'limited', style: 'yellow' }, '', '', `until ${limited_until}: ${limited_because}`],
    ];
  return free <= 0
    ? []
    : [[name, { text: 'idle', style: 'dim' }, '', '', `${free} of ${max_instances} free`]];
}
