import { describe, it } from 'vitest';
import { STORIES } from './all.ts';
import { tell } from './story.ts';

describe('stories of pull requests', () => {
  it.concurrent.for(STORIES)('$name', async (story, { expect }) => {
    const outcome = await tell(story, { sabotage: false });
    expect(outcome.why ?? []).toEqual([]);
    expect(outcome).toMatchObject({ held: true, task: expect.stringMatching(/^T\d+$/) });
  });

  it.concurrent.for(STORIES.filter(({ needsAgents }) => needsAgents))(
    '$name does not hold where agents do nothing',
    async (story, { expect }) => {
      expect(await tell(story, { sabotage: true })).toMatchObject({ held: false });
    },
  );
});
