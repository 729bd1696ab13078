import { describe, expect, it } from 'vitest';
import type { Remark } from '../../src/agent/prompt.ts';
import { failure, handling, WRITER } from './handling.ts';

const AGENT = 'agents: { good: { command: [sh] } }\nsandbox: { allow_unsandboxed: true }\n';
const NOON = '2026-11-28T12:00:00Z';
const ROLES: Record<string, string> = { writer: 'write', ada: 'write', rita: 'read', tess: 'triage' };
const ID: Record<string, number> = { writer: WRITER.id, ada: 2, rita: 3, tess: 4 };

interface Said {
  id: number;
  by?: string;
  at?: string;
  edited?: string;
  body?: string;
  type?: string;
  via?: object;
}

function comment({
  id,
  by = 'ada',
  at = '2026-11-28T11:00:00Z',
  edited = at,
  body,
  type = 'User',
  via,
}: Said) {
  return {
    id,
    body: body ?? `said ${id}`,
    user: { id: ID[by] ?? 1000 + id, login: by, type },
    created_at: at,
    updated_at: edited,
    performed_via_github_app: via ?? null,
  };
}

/** What a task takes along when it is asked for at noon after all this was said. */
async function frozen(said: Said[], more: { pull?: object; fails?: Error; count?: number } = {}) {
  const all = said.map(comment);
  using app = handling({
    settings: AGENT,
    answer: (route, params) => {
      if (route.endsWith('/permission')) {
        const login = String(params.username);
        const role = ROLES[login] ?? 'none';
        return {
          permission: role === 'triage' ? 'read' : role,
          role_name: role,
          user: { id: ID[login] ?? -1, login },
        };
      }
      if (route.startsWith('GET') && route.endsWith('/issues/{issue_number}/comments')) {
        if (more.fails) throw more.fails;
        const page = Number(params.page);
        return all.slice((page - 1) * 100, page * 100);
      }
      if (route.endsWith('/pulls/{pull_number}/comments'))
        return [{ ...comment({ id: 900 }), path: 'src/a.ts', line: 7 }];
      if (route.endsWith('/pulls/{pull_number}')) return { head: { ref: 'f', sha: 'a1', repo: { id: 7 } } };
    },
  });
  const issue = { number: 42, title: 'T', body: 'B', comments: more.count ?? all.length, ...more.pull };
  const asked = { id: 5000, body: '/orch fix it\n\n/orch add a test', created_at: NOON };
  await app.handle('issue_comment.created', 'd1', { issue, comment: asked });
  const tasks = app.store.tasks.list(10);
  const remarks = tasks.map(task => JSON.parse(task.conversation) as Remark[]);
  const calls = app.asked.filter(({ route }) => route.startsWith('GET'));
  return { remarks: remarks[0] ?? [], tasks, same: remarks[0], other: remarks[1], calls };
}

const texts = (remarks: readonly Remark[]) => remarks.map(({ text }) => text);

describe('what was said before a task was asked for', () => {
  it('goes along with it, oldest first, read once for all commands of a comment', async () => {
    const { remarks, same, other, calls } = await frozen([{ id: 1 }, { id: 2, by: 'writer' }]);
    expect(remarks).toEqual([
      { login: 'ada', at: '2026-11-28T11:00:00Z', where: null, text: 'said 1' },
      { login: 'writer', at: '2026-11-28T11:00:00Z', where: null, text: 'said 2' },
    ]);
    expect(other).toEqual(same);
    expect(calls.filter(({ route }) => route.endsWith('/comments'))).toHaveLength(1);
  });

  it.each([
    ['by people with less access', { by: 'rita' }],
    ['by people who may only sort', { by: 'tess' }],
    ['by strangers', { by: 'nobody' }],
    ['by somebody with the login of one who may', { by: 'ADA' }],
    ['by bots', { type: 'Bot' }],
    ['through an App', { via: { id: 77 } }],
    ['and edited later', { edited: '2026-11-28T12:00:01Z' }],
    ['later', { at: '2026-11-28T12:00:01Z' }],
  ])('is left out when it was said %s', async (_, more) => {
    const { remarks } = await frozen([{ id: 1 }, { id: 2, ...more }]);
    expect(texts(remarks)).toEqual(['said 1']);
  });

  it('is left out when it is the command itself, and kept when it was edited before', async () => {
    const { remarks } = await frozen([
      { id: 5000, by: 'writer' },
      { id: 6, edited: '2026-11-28T11:59:59Z' },
    ]);
    expect(texts(remarks)).toEqual(['said 6']);
  });

  it('is bounded: the newest remarks of long conversations, and no more than fits', async () => {
    const many = Array.from({ length: 230 }, (_, id) => ({ id, at: time(id) }));
    const { remarks, calls } = await frozen(many);
    expect(texts(remarks)).toEqual(many.slice(-30).map(({ id }) => `said ${id}`));
    expect(calls.filter(({ route }) => route.endsWith('/comments')).map(({ params }) => params.page)).toEqual(
      [3],
    );
    const long = await frozen(
      Array.from({ length: 20 }, (_, id) => ({ id, at: time(id), body: 'x'.repeat(9000) })),
    );
    expect(texts(long.remarks).map(text => text.length)).toEqual([8000, 8000, 8000]);
  });

  it('asks for no more than twenty authors', async () => {
    const crowd = Array.from({ length: 90 }, (_, id) => ({ id, by: `stranger-${id}`, at: time(id) }));
    const { remarks, calls } = await frozen([{ id: 500, by: 'writer' }, ...crowd]);
    expect(texts(remarks)).toEqual(['said 500']);
    expect(calls.filter(({ route }) => route.endsWith('/permission'))).toHaveLength(21);
  });

  it('has places in a review', async () => {
    const { remarks } = await frozen([], { pull: { pull_request: {} } });
    expect(remarks).toMatchObject([{ where: 'src/a.ts:7', text: 'said 900' }]);
  });

  it('is nothing where GitHub refuses to tell, and waits while GitHub is away', async () => {
    const refused = await frozen([{ id: 1 }], {
      fails: failure(403, 'Resource not accessible by integration'),
    });
    expect(refused.tasks).toHaveLength(2);
    expect(refused.remarks).toEqual([]);
    await expect(frozen([{ id: 1 }], { fails: failure(502, 'Bad Gateway') })).rejects.toThrow('Bad Gateway');
  });
});

function time(minute: number): string {
  return new Date(Date.parse('2026-11-27T00:00:00Z') + minute * 60_000).toISOString();
}
