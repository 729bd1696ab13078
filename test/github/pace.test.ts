import { describe, expect, it } from 'vitest';
import { GITHUB_LIMITS, openPace } from '../../src/github/pace.ts';
import { silentLog } from '../../src/shared/log.ts';
import { fakeClock, settled } from '../support/clock.ts';

const API = 'https://api.github.com/repos/acme/shop';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A GitHub that answers at once unless told otherwise, and says when it was asked for what. */
function paced(options: { recent?: number[]; limits?: typeof GITHUB_LIMITS } = {}) {
  const clock = fakeClock();
  const asked: { at: number; what: string }[] = [];
  const answers: (() => Response)[] = [];
  let opened = Promise.resolve();
  const pace = openPace({
    clock,
    log: silentLog(),
    limits: options.limits ?? GITHUB_LIMITS,
    recent: () => options.recent?.map(ago => clock.now() - ago) ?? [],
    send: async (url, init) => {
      asked.push({ at: clock.now(), what: `${init?.method} ${String(url).slice(API.length)}` });
      await opened;
      return answers.shift()?.() ?? new Response('{}');
    },
  });
  const call = (what: string, installation = 1) => {
    const [method = '', path = ''] = what.split(' ');
    return pace.fetch(installation)(API + path, { method });
  };
  const many = (count: number, what: string) => Array.from({ length: count }, () => call(what));
  /** Lets no answer through before what it returns is called. */
  const gate = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    opened = promise;
    return resolve;
  };
  const most = (windowMs: number) =>
    Math.max(...asked.map(({ at }) => asked.filter(one => one.at > at - windowMs && one.at <= at).length));
  return { clock, asked, answers, pace, call, many, most, gate };
}

const COMMENT = 'POST /issues/1/comments';
const EDIT = 'PATCH /issues/comments/1';

describe('the pace of calls', () => {
  it('is 80 creations a minute and 500 an hour, and all that is asked for is made in the end', async () => {
    const { clock, asked, many, most } = paced();
    const made = Promise.all(many(1100, COMMENT));
    await clock.advance(MINUTE - 1);
    expect(asked).toHaveLength(80);
    await clock.advance(59 * MINUTE);
    expect(asked).toHaveLength(500);
    await clock.advance(3 * HOUR);
    expect(asked).toHaveLength(1100);
    expect(await made).toHaveLength(1100);
    expect(most(MINUTE)).toBe(80);
    expect(most(HOUR)).toBe(500);
    expect(clock.waiting).toBe(0);
  });

  it('is 900 points a minute and 5,000 calls an hour, of which a write has five points', {
    timeout: 120_000,
  }, async () => {
    const reading = paced();
    void Promise.allSettled(reading.many(6000, 'GET /pulls/1'));
    await reading.clock.advance(HOUR - 1);
    expect(reading.asked).toHaveLength(5000);
    expect(reading.most(MINUTE)).toBe(900);
    reading.pace.stop();
  });

  it('lets no more than 100 be under way', async () => {
    const { asked, gate, many } = paced();
    const open = gate();
    const made = Promise.all(many(150, 'GET /pulls/1'));
    await settled();
    expect(asked).toHaveLength(100);
    open();
    await made;
    expect(asked).toHaveLength(150);
  });

  it('is each installation by itself', async () => {
    const { asked, many, call, pace } = paced();
    void Promise.allSettled(many(200, COMMENT));
    await settled();
    await call(COMMENT, 2);
    expect(asked).toHaveLength(81);
    pace.stop();
  });

  it('lets pull requests and answers go before check runs, and those before edits', async () => {
    const { asked, clock, call, many } = paced();
    await Promise.all(many(80, COMMENT));
    const later = [EDIT, 'POST /check-runs', EDIT, 'POST /pulls', 'GET /pulls/1', COMMENT].map(what =>
      call(what),
    );
    await clock.advance(MINUTE);
    await Promise.all(later);
    // Nothing but creations has to wait for the minute, and edits wait for no creation.
    expect(asked.slice(80).map(({ what }) => what)).toEqual([
      EDIT,
      EDIT,
      'GET /pulls/1',
      'POST /pulls',
      COMMENT,
      'POST /check-runs',
    ]);
  });

  it('takes what a restart finds of the last hour into account', async () => {
    const recent = [...Array<number>(420).fill(50 * MINUTE), ...Array<number>(60).fill(10_000)];
    const { asked, clock, many, pace } = paced({ recent });
    void Promise.allSettled(many(100, COMMENT));
    await settled();
    expect(asked).toHaveLength(20);
    await clock.advance(9 * MINUTE);
    expect(asked).toHaveLength(20);
    await clock.advance(2 * MINUTE);
    expect(asked).toHaveLength(100);
    pace.stop();
  });

  it('does not stand still for an hour when the clock is set back', async () => {
    const { asked, clock, many } = paced();
    await clock.advance(2 * HOUR);
    await Promise.all(many(80, COMMENT));
    const back = clock.now;
    clock.now = () => back() - HOUR;
    await Promise.all(many(1, COMMENT));
    expect(asked).toHaveLength(81);
  });
});

const answer =
  (status: number, message: string, headers: Record<string, string> = {}) =>
  () =>
    new Response(JSON.stringify({ message }), { status, headers });

describe('when GitHub says that it is too much', () => {
  it.each([
    [
      'as long as it says',
      answer(403, 'You have exceeded a secondary rate limit.', { 'retry-after': '90' }),
      90_000,
    ],
    [
      'as long as it says with another status',
      answer(429, 'Too many requests', { 'retry-after': '5' }),
      5000,
    ],
    [
      'a minute, when it does not say how long',
      answer(403, 'You have exceeded a secondary rate limit.'),
      MINUTE,
    ],
    ['an hour at most', answer(429, 'Too many requests', { 'retry-after': '999999' }), HOUR],
  ])('the whole installation waits %s', async (_, tooMuch, pause) => {
    const { asked, answers, clock, call } = paced();
    answers.push(tooMuch);
    const first = call(COMMENT);
    await settled();
    const second = call('GET /pulls/1');
    const other = await call('GET /pulls/1', 2);
    expect(other.status).toBe(200);
    await clock.advance(pause - 1);
    expect(asked).toHaveLength(2);
    await clock.advance(1);
    expect([(await first).status, (await second).status]).toEqual([200, 200]);
  });

  it('again and again, whoever called hears of it', async () => {
    const { asked, answers, clock, call } = paced();
    for (let times = 0; times < 5; times += 1) answers.push(answer(429, 'Too many requests'));
    const refused = call(COMMENT);
    await clock.advance(HOUR);
    expect((await refused).status).toBe(429);
    const minutes = asked.map(({ at }) => (at - (asked[0]?.at ?? 0)) / MINUTE);
    expect(minutes).toEqual([0, 1, 3, 7, 15]);
  });

  it('no other refusal makes it wait', async () => {
    const { answers, call } = paced();
    answers.push(answer(403, 'Resource not accessible by integration'));
    expect((await call(COMMENT)).status).toBe(403);
    expect((await call(COMMENT)).status).toBe(200);
  });
});

describe('stopping', () => {
  it('gives up what waits and lets through what need not', async () => {
    const { asked, clock, call, many, pace } = paced();
    await Promise.all(many(80, COMMENT));
    const waiting = call(COMMENT);
    pace.stop();
    await expect(waiting).rejects.toThrow('Orch is stopping');
    await expect(call(COMMENT)).rejects.toThrow('Orch is stopping');
    expect((await call(EDIT)).status).toBe(200);
    expect(asked).toHaveLength(81);
    expect(clock.waiting).toBe(0);
  });
});

describe('fault: GitHub’s limit of calls an hour is used up', () => {
  it('the installation waits until the reset, by GitHub’s own clock', async () => {
    const { asked, answers, clock, call } = paced();
    const headers = {
      date: new Date(1000_000).toUTCString(),
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': '2200',
    };
    answers.push(answer(200, '', headers));
    expect((await call('GET /pulls/1')).status).toBe(200);
    const next = call('GET /pulls/1');
    await clock.advance(20 * MINUTE - 1);
    expect(asked).toHaveLength(1);
    await clock.advance(1);
    expect((await next).status).toBe(200);
  });
});
