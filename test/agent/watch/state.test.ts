import { expect, it } from 'vitest';
import type { Progress } from '../../../src/agent/watch/progress.ts';
import { agentState, type Signs } from '../../../src/agent/watch/state.ts';

const PATTERNS = {
  ready: '^>',
  working: 'esc to interrupt',
  permission: 'Do you want to proceed',
  trust: 'trust this folder',
  limit: 'limit reached',
};
const NONE = { ready: null, working: null, permission: null, trust: null, limit: null };
const STUCK_MS = 600_000;

const told = (changes: Partial<Progress> = {}): Progress => ({
  ...{
    state: 'working',
    since: 0,
    session: null,
    model: null,
    text: null,
    activity: 'Bash npm test',
    events: 1,
  },
  ...{ usage: null, costUsd: null, retries: 0, limit: null, end: null },
  ...changes,
});
const quiet = (screen: string | null, quietMs = 10_000): Signs => ({ progress: null, quietMs, screen });

it.each<[string, Signs, ReturnType<typeof agentState>]>([
  ['works', { progress: told(), quietMs: 0, screen: null }, { state: 'working', detail: 'Bash npm test' }],
  [
    'starts',
    { progress: told({ state: 'starting', activity: null }), quietMs: 0, screen: null },
    { state: 'starting', detail: null },
  ],
  [
    'is limited',
    {
      progress: told({ state: 'limited', limit: { kind: 'rate', reason: '429', until: null } }),
      quietMs: STUCK_MS,
      screen: null,
    },
    { state: 'limited', detail: '429' },
  ],
  [
    'has ended its turn',
    { progress: told({ state: 'ended' }), quietMs: STUCK_MS, screen: null },
    { state: 'idle', detail: null },
  ],
  [
    'is stuck',
    { progress: told(), quietMs: STUCK_MS, screen: null },
    { state: 'stuck', detail: 'no output and no processor time for 10 min' },
  ],
])('an agent that tells of itself %s', (_what, signs, state) => {
  expect(agentState(signs, PATTERNS, STUCK_MS)).toEqual(state);
});

it.each<[string, Signs, ReturnType<typeof agentState>]>([
  ['prints', quiet('Do you want to proceed?', 100), { state: 'working', detail: null }],
  ['has no screen', quiet(null), { state: 'working', detail: null }],
  [
    'asks',
    quiet('Run rm?\n  Do you want to proceed? \u001b\n> 1. Yes'),
    { state: 'waiting', detail: 'Do you want to proceed?' },
  ],
  [
    'asks for trust, for long',
    quiet('Do you trust this folder?', STUCK_MS),
    { state: 'waiting', detail: 'Do you trust this folder?' },
  ],
  [
    'is limited',
    quiet('5-hour limit reached, resets 3pm\n> '),
    { state: 'limited', detail: '5-hour limit reached, resets 3pm' },
  ],
  ['waits for a prompt', quiet('\n> Type here'), { state: 'idle', detail: null }],
  ['thinks', quiet('> \nesc to interrupt'), { state: 'working', detail: null }],
  ['does not change', quiet('esc to interrupt', STUCK_MS), { state: 'stuck', detail: expect.any(String) }],
])('a screen that %s', (_what, signs, state) => {
  expect(agentState(signs, PATTERNS, STUCK_MS)).toEqual(state);
});

it('a screen says nothing where no patterns are known', () => {
  expect(agentState(quiet('Do you want to proceed?'), NONE, STUCK_MS).state).toBe('working');
  expect(agentState(quiet('Do you want to proceed?', STUCK_MS), NONE, STUCK_MS).state).toBe('stuck');
});
