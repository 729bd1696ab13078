import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/simulator/faults.ts';
import { isPull } from '../../src/simulator/world.ts';
import { REPOSITORY, repositoryOf, startTestApp } from '../support/app.ts';

type RequestFault = Extract<Fault, { match: { method?: unknown; path?: unknown } }>;

/** Plays the whole story with the fault in it, and counts what is on GitHub in the end. */
async function story(match: RequestFault['match'], effect: RequestFault['effect'], times = 1) {
  return await storyWith({ match, effect, times });
}

async function storyWith(fault: Fault) {
  await using app = await startTestApp();
  app.github.faults.add(fault);
  await app.github.comment(REPOSITORY, 1, '/orch fix it\n/orch help', 'writer');
  await app.ended(1, 'completed');
  await app.quiet();
  app.forgive(/^(GET|POST|PATCH) /);
  const repository = repositoryOf(app.github);
  return {
    // The task's comment and the answer to `help`.
    comments: [...repository.comments.values()].filter(({ byApp }) => byApp).length,
    pulls: [...repository.issues.values()].filter(isPull).length,
    checks: repository.checkRuns.size,
  };
}

const WHOLE = { comments: 2, pulls: 1, checks: 1 };
const DROP = { kind: 'drop' } as const;
const COMMENTS = { method: 'POST', path: /\/issues\/1\/comments$/ } as const;

describe('fault: GitHub writes a comment and its answer never comes', () => {
  it('it is found before it would be written again', async () => {
    expect(await story(COMMENTS, DROP, 2)).toEqual(WHOLE);
  });
});

describe('fault: GitHub opens the pull request and its answer never comes', () => {
  it('it is found before it would be opened again', async () => {
    expect(await story({ method: 'POST', path: /\/pulls$/ }, DROP)).toEqual(WHOLE);
  });
});

describe('fault: GitHub makes a check run and its answer never comes', () => {
  it('it is found before it would be made again', async () => {
    expect(await story({ method: 'POST', path: /\/check-runs$/ }, DROP)).toEqual(WHOLE);
  });
});

describe('fault: GitHub answers with 500 and 502', () => {
  it('what failed is tried again, and nothing is there twice', async () => {
    expect(await story({ method: 'POST', path: /\/repos\// }, { kind: 'status', status: 502 }, 3)).toEqual(
      WHOLE,
    );
  });
});

describe('fault: GitHub says that there are too many writes', () => {
  it('the installation waits as long as it says, and nothing is lost', async () => {
    const effect = { kind: 'secondary_rate_limit', retryAfterSeconds: 1 } as const;
    expect(await story({ method: 'POST', path: /\/repos\// }, effect, 2)).toEqual(WHOLE);
  });
});

describe('fault: GitHub withdraws the tokens that it gave', () => {
  it('new ones are asked for, once for each', async () => {
    expect(await story({ method: 'POST', path: /\/repos\// }, { kind: 'expire_tokens' })).toEqual(WHOLE);
  });
});

describe('fault: the commit of a check run has vanished', () => {
  it('there is no check run, and the task and its comment go on', async () => {
    const body = { message: 'No commit found for SHA: 0000000000000000000000000000000000000000' };
    const match = { method: 'POST', path: /\/check-runs$/ } as const;
    const effect = { kind: 'status', status: 422, body } as const;
    expect(await story(match, effect, Number.POSITIVE_INFINITY)).toEqual({ ...WHOLE, checks: 0 });
  });
});

describe('fault: every delivery comes twice', () => {
  it('nothing is done twice', async () => {
    const match = { delivery: '*' };
    expect(await storyWith({ match, effect: { kind: 'double' }, times: Number.POSITIVE_INFINITY })).toEqual(
      WHOLE,
    );
  });
});

describe('fault: deliveries come in another order', () => {
  it('the task ends as it would have', async () => {
    expect(
      await storyWith({ match: { delivery: 'pull_request' }, effect: { kind: 'reorder' }, times: 1 }),
    ).toEqual(WHOLE);
  });
});

describe('fault: GitHub is away when an agent is to start', () => {
  const away = { kind: 'status', status: 502 } as const;

  it.each([
    ['its git', { method: 'GET', path: /\/info\/refs$/ }, away],
    ['its git, which refuses a token', { method: 'GET', path: /\/info\/refs$/ }, { kind: 'unauthorized' }],
    ['who the App is', { method: 'GET', path: /\/app$/ }, away],
  ] as const)('the task waits with the reason, and that is no try', async (_, match, effect) => {
    await using app = await startTestApp({ settings: { task_queue: { max_retries: 0 } } });
    app.github.faults.add({ match, effect, times: Number.POSITIVE_INFINITY });
    app.forgive(/^GET /);
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => app.runs(1)[0]?.endedAt);
    expect(app.task(1)).toMatchObject({
      state: 'queued',
      tries: 0,
      reason: expect.stringContaining('E_GITHUB_AWAY'),
    });
  });
});
