import { describe, expect, it } from 'vitest';
import { say } from '../../src/queue/say.ts';
import { serveStore } from '../support/api.ts';
import { memoryStore, NOW, started } from '../support/tasks.ts';
import { textOf } from './source.ts';

/** The keys that docs/api.md lists of a shape. */
function told(shape: string): string[] {
  const section = textOf('docs/api.md').split(`\n### ${shape}\n`)[1]?.split('\n#')[0] ?? '';
  const cells = Array.from(section.matchAll(/^\| (`.*?) \|/gm), ([, cell]) => cell ?? '');
  return cells.flatMap(cell => Array.from(cell.matchAll(/`(\w+)`/g), ([, key]) => key ?? '')).sort();
}

const keys = (value: object) => Object.keys(value).sort();

describe('docs/api.md', () => {
  it('lists the keys that the API answers with', async () => {
    using store = memoryStore();
    const { task } = started(store);
    say(store, task.id, { text: 'hello', author: 'ann', source: 'a' }, NOW);
    store.checkpoints.add({
      task: 1,
      run: 1,
      sha: 'a',
      session: null,
      why: '',
      leftOut: [],
      at: NOW,
      pull: null,
    });
    const backUp = async () => ({ file: 'orch.db', at: NOW, bytes: 1 });
    await using served = await serveStore(store, { backUp });
    const get = async (path: string) => (await served.get(path)).body;
    const [listed] = await get('/api/tasks');
    const story = await get('/api/tasks/T1');
    const added = (await served.post('/api/tasks', '{"instruction":"fix it"}')).body;
    const [profile] = await get('/api/agents');

    expect(keys(listed)).toEqual(told('Task'));
    expect(keys(added)).toEqual([...told('Task'), 'duplicate', 'notes'].sort());
    expect(keys(story)).toEqual([...told('Task'), ...told('Story')].sort());
    expect(keys(story.runs[0])).toEqual(told('Run'));
    expect(keys(story.events[0])).toEqual(told('Event'));
    expect(keys(await get('/api/orchestrator'))).toEqual(told('Daemon'));
    expect(keys(profile)).toEqual(told('Profile'));
    expect(keys(profile.agents[0])).toEqual(told('Agent'));
    expect(keys(await get('/api/tasks/T1/debug'))).toEqual(
      [...told('Task'), ...told('Debugged task')].sort(),
    );
    expect(keys((await get('/api/tasks/T1/checkpoints'))[0])).toEqual(told('Checkpoint'));
    expect(keys((await served.post('/api/backups')).body)).toEqual(told('Backup'));
    expect(keys((await served.post('/api/cleanup')).body)).toEqual(told('Cleanup'));
    expect(keys(await get('/api/report'))).toEqual(told('Report'));
  });
});
