import { describe, expect, it } from 'vitest';
import { pullWords } from '../../src/github/pull-words.ts';
import type { Task } from '../../src/task/glossary.ts';
import { memoryStore, NOW, started } from '../support/tasks.ts';
import { failure, fakeGithub } from './handling.ts';

const WORDS = { title: 'Fix', body: 'Fixed.', labels: ['agent'] };

/** A task whose pull request 9 is open, and Orch's own unless told; GitHub shows it so. */
function bench({ isOwn = true, state = 'open', refusal = '' } = {}) {
  const store = memoryStore();
  const settings = JSON.stringify({ labels: { trigger: 'orch', pullRequest: ['agent', 'draft'] } });
  const { task } = started(store, { settings });
  store.tasks.update(task.id, task.epoch, { pull: 9, pullState: 'open' });
  if (isOwn) {
    store.creations.begin(task.id, 'pull', 'orch/T1@1', NOW);
    store.creations.record(task.id, 'pull', 'orch/T1@1', 9, '');
  }
  const labels = [{ name: 'agent' }, { name: 'urgent' }];
  const { github, asked } = fakeGithub(route => {
    if (refusal !== '' && route.startsWith(refusal)) throw failure(403, 'Resource not accessible');
    if (route.startsWith('GET') && route.endsWith('/labels')) return labels;
    if (route.startsWith('GET')) return { title: 'Fix', body: 'Fixed.', state, labels };
  });
  const written = () => asked.filter(({ route }) => !route.startsWith('GET'));
  return { words: pullWords({ store, github }), task: store.tasks.get(task.id) as Task, asked, written };
}

describe('how a pull request stands', () => {
  it('is its title, its text, and of the labels those that Orch sets', async () => {
    const { words, task } = bench();
    expect(await words.words(task)).toEqual(WORDS);
  });

  it('is nothing to Orch where somebody else has opened it, and GitHub is not asked', async () => {
    const { words, task, asked } = bench({ isOwn: false });
    expect(await words.words(task)).toBeNull();
    expect(asked).toEqual([]);
  });

  it('does not count when it is closed, on GitHub or by what is known', async () => {
    const { words, task } = bench({ state: 'closed' });
    expect(await words.words(task)).toBeNull();
    expect(await bench().words.words({ ...task, pullState: 'merged' })).toBeNull();
  });

  it('changes back, and other labels stay', async () => {
    const { words, task, written } = bench();
    await words.reword(task, { title: 'Old', body: 'As it was.', labels: ['draft'] });
    const place = { owner: 'acme', repo: 'shop' };
    expect(written().map(({ params }) => params)).toEqual([
      { ...place, pull_number: 9, title: 'Old', body: 'As it was.' },
      { ...place, issue_number: 9, labels: ['draft'] },
      { ...place, issue_number: 9, name: 'agent' },
    ]);
  });

  it.each(['GET', 'PATCH', 'DELETE'])('that GitHub refuses to %s is an error for people', async refusal => {
    const { words, task } = bench({ refusal });
    const done = refusal === 'GET' ? words.words(task) : words.reword(task, { ...WORDS, labels: [] });
    await expect(done).rejects.toMatchObject({ code: 'E_GITHUB' });
  });
});
