import { expect, it } from 'vitest';
import { orderedSettings } from '../../src/action/order-settings.ts';
import { loadSettings } from '../../src/config/settings.ts';
import { readOrder, writeOrder } from '../../src/engine/actions/order.ts';
import { anOrder } from '../support/order.ts';

const { settings } = loadSettings({ env: {}, text: 'agents: { claude: {}, codex: {} }' });
const ordered = (task: Parameters<typeof anOrder>[0]) =>
  orderedSettings(settings, readOrder(writeOrder(anOrder(task)).order));

it('leave a run to the agent that the App has chosen, and what comes after it to the App', () => {
  const { profiles, taskQueue, policies } = ordered({});
  expect(profiles.map(({ name }) => name)).toEqual(['claude']);
  expect([taskQueue.maxRetries, policies.noPullRequest, policies.onLimit]).toEqual([0, 'fail', 'ask']);
});

it('let those command whom the App lets, under its own rule', () => {
  const permissions = { minimum: 'triage', users: [], teams: [], floor: 'triage' };
  const asked = ordered({ requester: 'helper[bot]', requesterId: 5, settings: { permissions } });
  expect([asked.github.permissionsFloor, asked.policies.bots]).toEqual(['triage', [5]]);
  expect([ordered({}).github.permissionsFloor, ordered({}).policies.bots]).toEqual(['write', []]);
});
