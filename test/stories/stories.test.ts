import { describe, expect, it } from 'vitest';
import { STORIES } from './all.ts';
import { type Story, tell } from './story.ts';

/** Longer than a story is given, which says more of what it waits for. */
const TIMEOUT = 150_000;

/** What people are promised of pull requests, by the names under which it is shown. */
const PROMISED = [
  ...['proof_fails_then_passes', 'proof_absent_said', 'proof_broken_said'],
  ...['review_settled', 'review_by_stranger_ignored', 'ci_fixed', 'ci_same_as_base_stops'],
  ...['person_pushed_respected', 'conflict_foreseen', 'overlap_held'],
  ...['plan_approved', 'plan_void_on_edit', 'merged_midway_kept'],
];

/** These claim above all that something does not happen, which is easily so; `npm run stories -- --sabotage` plays all. */
const SABOTAGED = ['proof_absent_said', 'review_by_stranger_ignored', 'overlap_held', 'plan_void_on_edit'];

describe('stories of pull requests', { timeout: TIMEOUT }, () => {
  it.concurrent.for(STORIES)('$name', async (story, { expect }) => {
    const outcome = await tell(story, { sabotage: false });
    expect(outcome.why ?? []).toEqual([]);
    expect(outcome).toMatchObject({ held: true, task: expect.stringMatching(/^T\d+$/) });
  });

  it.concurrent.for(STORIES.filter(({ name }) => SABOTAGED.includes(name)))(
    '$name does not hold where agents do nothing',
    async (story, { expect }) => {
      expect(await tell(story, { sabotage: true })).toMatchObject({ held: false });
    },
  );

  it('are there for all that is promised, none of which can hold without work by agents', () => {
    expect(STORIES.map(({ name }) => name).sort()).toEqual(PROMISED.toSorted());
    expect(STORIES.filter(({ needsAgents }) => !needsAgents)).toEqual([]);
  });

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
