import { describe, expect, it } from 'vitest';
import { inWorkflowRuns } from '../../src/action/elsewhere.ts';
import type { Github } from '../../src/github/client.ts';
import type { Place } from '../../src/github/payloads.ts';
import { failure, SELF, WRITER } from '../github/handling.ts';

const PLACE: Place = {
  repository: { id: 7, full_name: 'acme/shop', default_branch: 'main' },
  installation: { id: 0 },
  sender: WRITER,
  issue: { number: 3, title: '', labels: [], comments: 9 },
};

/** Comments of an issue, the oldest first: two of Orch, and a copy that somebody else made of a third. */
function comments(more: readonly (readonly [name: string, words: string])[]) {
  const own = (id: number, name: string, words: string) => ({
    id,
    body: `<!-- orch:task ${name} -->\n### ${words}\n\nmore`,
    html_url: `https://github.com/acme/shop/issues/3#issuecomment-${id}`,
    performed_via_github_app: { id: SELF.appId },
  });
  return [
    own(1, 'T901', '❌ T901 failed'),
    own(2, 'T902', '🏃 T902 is running'),
    { ...own(3, 'T666', '🏃 T666 is running'), performed_via_github_app: null },
    { ...own(4, 'T903', ''), body: 'something else' },
    ...more.map(([name, words], index) => own(5 + index, name, words)),
  ];
}

function elsewhere(answer: () => void = () => {}, more: Parameters<typeof comments>[0] = []) {
  const asked: string[] = [];
  const octokit = {
    paginate: {
      iterator: async function* () {
        yield { data: comments(more) };
      },
    },
    async request(route: string, { run_id }: { run_id: number }) {
      asked.push(`${route.split('/').at(-1)} ${run_id}`);
      answer();
    },
  };
  const github = { octokit: async () => octokit, identity: async () => SELF } as unknown as Github;
  return { asked, ...inWorkflowRuns(github) };
}

describe('tasks that are workflow runs', () => {
  it('are known by the comments of Orch alone', async () => {
    expect(await elsewhere().status(PLACE, null)).toBe(
      '- [🏃 T902 is running](https://github.com/acme/shop/issues/3#issuecomment-2)\n' +
        '- [❌ T901 failed](https://github.com/acme/shop/issues/3#issuecomment-1)',
    );
    expect(await elsewhere().status(PLACE, 901)).toContain('T901');
  });

  it.each([
    ['cancel', null, 'cancel 902'],
    ['retry', null, 'rerun 901'],
    ['cancel', 901, 'cancel 901'],
  ] as const)('are steered by what GitHub has for its runs: %s %s', async (kind, task, call) => {
    const { asked, steer } = elsewhere();
    await steer(PLACE, { kind, task });
    expect(asked).toEqual([call]);
  });

  it('can be no other runs of the repository', async () => {
    const { asked, steer } = elsewhere();
    await expect(steer(PLACE, { kind: 'cancel', task: 666 })).rejects.toThrow('There is no task T666 here');
    expect(asked).toEqual([]);
  });

  it.each(['say', 'pause', 'resume', 'rollback'] as const)('are not reached by /orch %s', async kind => {
    const { steer } = elsewhere();
    await expect(steer(PLACE, { kind, task: null, text: '' } as never)).rejects.toThrow(
      `\`/orch ${kind}\` needs a server of Orch`,
    );
  });

  it.each([
    [409, 'Cannot cancel a workflow run that is completed.', {}, 'is over already'],
    [
      403,
      'Resource not accessible by integration',
      { 'x-accepted-github-permissions': 'actions=write' },
      'a permission here',
    ],
  ])('are left as they are where GitHub says no: %i %s', async (status, said, headers, told) => {
    const { steer } = elsewhere(() => {
      throw failure(status, said, headers as Record<string, string>);
    });
    await expect(steer(PLACE, { kind: 'cancel', task: null })).rejects.toThrow(told);
  });

  it('are not run again once they are completed', async () => {
    const { asked, steer } = elsewhere(() => {}, [['T904', '✅ T904 is completed']]);
    await expect(steer(PLACE, { kind: 'retry', task: 904 })).rejects.toThrow('nothing to retry');
    await steer(PLACE, { kind: 'retry', task: null });
    expect(asked).toEqual(['rerun 901']);
  });

  it('are not run again while they run', async () => {
    const { steer } = elsewhere(() => {
      throw failure(403, 'This workflow is already running');
    });
    await expect(steer(PLACE, { kind: 'retry', task: null })).rejects.toThrow('T901 is not over yet');
  });
});
