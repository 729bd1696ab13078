import { loadSettings } from '../../src/config/settings.ts';
import { createApp } from '../../src/github/app.ts';
import type { Github } from '../../src/github/client.ts';
import { openReplies } from '../../src/github/replies.ts';
import { silentLog } from '../../src/shared/log.ts';
import { fakeClock } from '../support/clock.ts';
import { memoryStore } from '../support/tasks.ts';

/** What GitHub answers to a request: data, or an error's status. */
type Answer = (route: string, params: Record<string, unknown>) => unknown;

export const SELF = { appId: 77, userId: 770, login: 'orch[bot]', email: '770+orch[bot]@example.com' };
export const WRITER = { id: 1, login: 'writer', type: 'User' };

/** The App's handlers over a store in memory, and a GitHub that is a function. */
export function handling(options: { answer?: Answer; settings?: string; role?: string } = {}) {
  const store = memoryStore();
  const clock = fakeClock();
  const asked: { route: string; params: Record<string, unknown> }[] = [];
  const octokit = {
    async request(route: string, params: Record<string, unknown>) {
      const { request: _, ...told } = params;
      asked.push({ route, params: told });
      const answer = options.answer?.(route, told);
      if (answer !== undefined) return { data: answer };
      if (route.endsWith('/permission')) return { data: { role_name: options.role ?? 'write' } };
      if (route.includes('/contents/')) throw failure(404, 'Not Found');
      return { data: { id: asked.length } };
    },
    paginate: { iterator: async function* () {} },
  };
  const github = {
    octokit: async () => octokit,
    gitToken: async () => 'token',
    identity: async () => SELF,
  } as unknown as Github;
  const text = options.settings ?? '';
  const { settings } = loadSettings({ env: { HOME: '/home/nobody', ORCH_HOME: '/home/nobody' }, text });
  const shared = { store, github, clock, log: silentLog() };
  const handlers = new Map<string, (event: { id: string; payload: unknown }) => Promise<void>>();
  const probot = { on: (name: string, handle: never) => handlers.set(name, handle) };
  createApp({ ...shared, settings, replies: openReplies(shared) })(probot as never);
  return {
    ...shared,
    asked,
    /** Bodies of the comments that were made. */
    comments: () =>
      asked
        .filter(({ route }) => route.startsWith('POST') && route.endsWith('/comments'))
        .map(({ params }) => params.body as string),
    handle: (name: string, id: string, payload: object) =>
      handlers.get(name)?.({ id, payload: { ...PLACE, ...payload } }),
    [Symbol.dispose]: () => store.close(),
  };
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
