import { loadSettings, type Settings } from '../../src/config/settings.ts';
import { openPlans } from '../../src/daemon/plans.ts';
import { rollBackIn } from '../../src/daemon/rollback-asked.ts';
import { openHandlers } from '../../src/github/app.ts';
import type { AppGithub, Octokit } from '../../src/github/client.ts';
import { openReplies } from '../../src/github/replies.ts';
import { silentLog } from '../../src/shared/log.ts';
import { fakeClock } from '../support/clock.ts';
import { memoryStore } from '../support/tasks.ts';

/** What GitHub answers to a request: data, or an error's status. */
type Answer = (route: string, params: Record<string, unknown>) => unknown;

export const SELF = { appId: 77, userId: 770, login: 'orch[bot]', email: '770+orch[bot]@example.com' };
export const WRITER = { id: 1, login: 'writer', type: 'User' };

/** A GitHub that is a function: what it is asked is kept, and what `answer` leaves open gets a new id. */
export function fakeGithub(answer: Answer = () => undefined) {
  const asked: { route: string; params: Record<string, unknown> }[] = [];
  const octokit = {
    async request(route: string, params: Record<string, unknown> = {}) {
      const { request: _, ...told } = params;
      asked.push({ route, params: told });
      return { data: (await answer(route, told)) ?? { id: asked.length } };
    },
    paginate: { iterator: async function* () {} },
  } as unknown as Octokit;
  const github: AppGithub = {
    app: async () => octokit.request,
    octokit: async () => octokit,
    gitToken: async () => 'token',
    identity: async () => SELF,
  };
  return { github, octokit, asked };
}

/** The App's handlers over a store in memory. */
export function handling(options: { answer?: Answer; settings?: string; role?: string } = {}) {
  const store = memoryStore();
  const { github, asked } = fakeGithub((route, params) => {
    const answer = options.answer?.(route, params);
    if (answer !== undefined) return answer;
    // As it is, whatever a delivery calls it.
    if (route === 'GET /installation/repositories')
      return { repositories: [{ id: 7, full_name: 'acme/shop' }] };
    if (route.endsWith('/permission')) return permission(options.role ?? 'write', WRITER);
    if (route.includes('/contents/')) throw failure(404, 'Not Found');
  });
  const settings = settingsOf(options.settings ?? '');
  const shared = { store, github, clock: fakeClock(), log: silentLog() };
  const context = {
    ...shared,
    settings,
    replies: openReplies(shared),
    wanted: {},
    elsewhere: null,
    rollBack: rollBackIn(shared),
    plans: openPlans({ ...shared, budgets: settings.budgets, redact: text => text }),
  };
  const handle = openHandlers(context);
  return {
    ...shared,
    context,
    asked,
    /** Bodies of the comments that were made. */
    comments: () =>
      asked
        .filter(({ route }) => route.startsWith('POST') && /\/(comments|replies)$/.test(route))
        .map(({ params }) => params.body as string),
    handle: (name: string, id: string, payload: object) => handle(name, { ...PLACE, ...payload }, id),
    /** The payload as it is, whatever it lacks. */
    handleRaw: async (name: string, id: string, payload: unknown) => handle(name, payload, id),
    [Symbol.dispose]: () => store.close(),
  };
}

/** Thousands of tests have the same few settings. */
const known = new Map<string, Settings>();

function settingsOf(text: string): Settings {
  const env = { HOME: '/home/nobody', ORCH_HOME: '/home/nobody' };
  const settings = known.get(text) ?? loadSettings({ env, text }).settings;
  known.set(text, settings);
  return settings;
}

/** GitHub's answer about somebody's role. */
function permission(role: string, user: object) {
  const coarse: Record<string, string> = { triage: 'read', maintain: 'write' };
  return { permission: coarse[role] ?? role, role_name: role, user };
}

const PLACE = {
  repository: { id: 7, full_name: 'acme/shop', default_branch: 'main' },
  installation: { id: 5 },
  sender: WRITER,
};

/** As Octokit throws it. */
export function failure(status: number, message: string, headers: Record<string, string> = {}): Error {
  return Object.assign(new Error(message), { status, response: { headers, data: { message } } });
}
