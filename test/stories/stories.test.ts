import { describe, expect, it } from 'vitest';
import { STORIES } from './all.ts';
import { type Story, tell } from './story.ts';

/** Longer than a story is given, which says more of what it waits for. */
const TIMEOUT = 150_000;

describe('stories of pull requests', { timeout: TIMEOUT }, () => {
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

  it('one that breaks off has not held, and tells what is left', async () => {
    const play = () => Promise.reject(new Error('The road is closed.'));
    const outcome = await tell(storyOf(play), { sabotage: false });
    expect(outcome).toMatchObject({ held: false, task: null, why: ['The road is closed.'] });
    expect(outcome.evidence).toMatchObject({
      left: [{ number: 1, title: 'The total is wrong', pull: null }],
    });
  });

  it('one without a claim has not held', async () => {
    const play = async () => ({ task: null, pull: null, evidence: {}, claims: {} });
    expect(await tell(storyOf(play), { sabotage: false })).toMatchObject({ held: false });
  });
});

const storyOf = (play: Story['play']): Story => ({ name: 'of_a_test', needsAgents: false, world: {}, play });
