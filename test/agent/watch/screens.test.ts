import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentState } from '../../../src/agent/watch/state.ts';
import { builtIn } from '../../../src/config/profiles/agents.ts';
import type { Profile } from '../../../src/config/settings.ts';
import type { AgentState } from '../../../src/task/glossary.ts';

const SCREENS = resolve(import.meta.dirname, '../../fixtures/agents/screens');

/** What each screen is of, by its name. */
const STATES: Record<string, AgentState> = {
  ready: 'idle',
  working: 'working',
  permission: 'waiting',
  trust: 'waiting',
  limit: 'limited',
};

describe.each(['claude', 'codex', 'gemini', 'opencode'])('the screen of %s', cli => {
  const { screen: patterns } = builtIn(cli) as Profile;
  const files = readdirSync(join(SCREENS, cli));

  it.each(files.map(file => file.replace('.txt', '')))('is understood: %s', name => {
    const screen = readFileSync(join(SCREENS, cli, `${name}.txt`), 'utf8');
    const { state, detail } = agentState({ progress: null, quietMs: 60_000, screen }, patterns, Infinity);
    expect(state, detail ?? '').toBe(STATES[name]);
  });
});
