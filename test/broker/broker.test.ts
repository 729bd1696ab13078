import { existsSync, statSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { type Broker, type BrokerHandlers, openBroker } from '../../src/broker/broker.ts';
import type { Told } from '../../src/broker/talk.ts';
import { exchange } from '../../src/cli/worktree/broker-client.ts';
import { OrchError } from '../../src/shared/errors.ts';
import { silentLog } from '../../src/shared/log.ts';
import { redactShapes } from '../../src/shared/secrets/secrets.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const MAIN = 'a'.repeat(40);
const NEW = 'b'.repeat(40);
const REF = 'refs/heads/orch/T1-fix';

describe('the broker', () => {
  it('listens where only its own user may go, over what a killed daemon left', async () => {
    await using home = await temporaryDirectory();
    const directory = join(home.path, 'run');
    await mkdir(directory, { mode: 0o755 });
    writeFileSync(join(directory, 'broker.sock'), 'old');
    await using broker = await open(directory);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(broker.path).mode & 0o777).toBe(0o600);
    expect(await exchange(to(broker), { kind: 'refs' })).toEqual({
      ok: true,
      branch: 'orch/T1-fix',
      refs: { 'refs/heads/main': MAIN },
    });
    await broker[Symbol.asyncDispose]();
    expect(existsSync(broker.path)).toBe(false);
  });

  it('says when the path is too long for a socket', async () => {
    await using home = await temporaryDirectory();
    const opened = open(join(home.path, 'x'.repeat(100)));
    await expect(opened).rejects.toMatchObject({ code: 'E_PATH_TOO_LONG' });
  });

  it('hands the pack over byte for byte', async () => {
    await using home = await temporaryDirectory();
    const pack = Buffer.alloc(3_000_000, 'PACK\n\0\xff');
    let got: Buffer | undefined;
    await using broker = await open(home.path, {
      async push(push) {
        got = await buffer(push.pack);
        return { ok: true };
      },
    });
    expect(await pushed(broker, REF, streamOf(pack))).toEqual({ ok: true });
    expect(got?.equals(pack)).toBe(true);
  });

  it.each([
    ['refs/heads/main', NEW, 'this run may push orch/T1-fix only'],
    ['refs/tags/orch/T1-fix', NEW, 'this run may push orch/T1-fix only'],
    ['orch/T1-fix', NEW, 'this run may push orch/T1-fix only'],
    [REF, null, 'this run may not delete its branch'],
  ])('refuses %s at %s before anyone is asked', async (ref, sha, message) => {
    await using home = await temporaryDirectory();
    await using broker = await open(home.path, { push: unexpected });
    const answer = await exchange(to(broker), { kind: 'push', ref, old: null, new: sha });
    expect(answer).toEqual({
      ok: false,
      code: 'E_BRANCH_REFUSED',
      message,
      remedy: `Push with: git push origin HEAD:${REF}`,
    });
  });

  it('answers a refusal although the pack is still coming', async () => {
    await using home = await temporaryDirectory();
    await using broker = await open(home.path, {
      async push() {
        throw new OrchError('E_RUN_ENDED', 'T1.1 is over.');
      },
    });
    const answer = await pushed(broker, REF, streamOf(Buffer.alloc(3_000_000)));
    expect(answer).toMatchObject({ ok: false, code: 'E_RUN_ENDED', message: 'T1.1 is over.' });
  });

  it('does one push after the other, and refuses the second that builds on the same tip', async () => {
    await using home = await temporaryDirectory();
    const refs: Record<string, string> = { 'refs/heads/main': MAIN };
    let running = 0;
    await using broker = await open(home.path, {
      refs: async () => ({ ...refs }),
      async push({ ref, new: sha, pack }) {
        expect(++running).toBe(1);
        await buffer(pack);
        refs[ref] = sha;
        running--;
        return { ok: true };
      },
    });
    const other = { kind: 'push', ref: REF, old: null, new: 'c'.repeat(40) } as const;
    const answers = await Promise.all([
      pushed(broker, REF),
      exchange(to(broker), other, streamOf(Buffer.from('PACK'))),
      pushed(broker, REF),
    ]);
    const refused = { ok: false, code: 'E_PUSH_REFUSED', message: 'fetch first' };
    expect(answers, 'the same commit again is there already').toEqual([{ ok: true }, refused, { ok: true }]);
  });

  it('passes reasons on without control characters, and keeps inner errors to the log', async () => {
    await using home = await temporaryDirectory();
    await using broker = await open(home.path, {
      push: async () => ({ ok: false, reason: 'no\u001b[2J way' }),
      async done() {
        throw new Error('a secret');
      },
    });
    expect(await pushed(broker, REF)).toMatchObject({ ok: false, message: 'no[2J way' });
    const answer = await exchange(to(broker), { kind: 'done', summary: null });
    expect(answer).toEqual({ ok: false, message: 'Orch failed inside; its log says more.' });
  });

  it('asks for pull requests in the words of the agent', async () => {
    await using home = await temporaryDirectory();
    const asked: unknown[] = [];
    await using broker = await open(home.path, {
      async pullRequest(pull) {
        asked.push(pull);
        return { number: 7, url: 'https://github.com/a/b/pull/7', created: true };
      },
    });
    const pull = { title: 'Fix', body: 'é\n', base: null, draft: true };
    const answer = await exchange(to(broker), { kind: 'pull', ...pull });
    expect(answer).toEqual({ ok: true, number: 7, url: 'https://github.com/a/b/pull/7', created: true });
    expect(asked).toEqual([pull]);
  });

  it.each([
    ['no JSON', 'hello\n', 'The question is no JSON.'],
    ['no line', '{"kind":"refs"}', 'The question ended early.'],
    ['an unknown kind', '{"kind":"rm"}\n', /^kind: /],
    ['a missing field', '{"kind":"done"}\n', /^summary: /],
    ['a title of nothing', '{"kind":"pull","title":" ","body":"","base":null,"draft":false}\n', /^title: /],
    ['an expression for a commit', `{"kind":"push","ref":"${REF}","old":null,"new":"HEAD~1"}\n`, /^new: /],
    ['an endless line', 'x'.repeat(2_200_000), 'The question is too long.'],
  ])('answers %s with what is wrong', async (_, sent, message) => {
    await using home = await temporaryDirectory();
    await using broker = await open(home.path, { push: unexpected });
    const answer = JSON.parse(await raw(broker, sent));
    expect(answer.ok).toBe(false);
    expect(answer.message).toMatch(message);
  });

  it('hangs up on one who says nothing, or never ends', async () => {
    await using home = await temporaryDirectory();
    const limits = { question: 20, exchange: 60 };
    await using broker = await open(
      home.path,
      {
        async push({ pack }) {
          await buffer(pack);
          return { ok: true };
        },
      },
      limits,
    );
    const silent = connect({ path: broker.path, allowHalfOpen: true });
    expect(await text(silent)).toBe('');
    const endless = new PassThrough();
    await expect(pushed(broker, REF, endless)).rejects.toThrow();
  });

  it('ends with what is running when it is closed', async () => {
    await using home = await temporaryDirectory();
    const began = Promise.withResolvers<void>();
    let ended = false;
    const broker = await open(home.path, {
      async push({ pack }) {
        began.resolve();
        await buffer(pack).catch(() => {});
        ended = true;
        return { ok: true };
      },
    });
    const answer = pushed(broker, REF, new PassThrough()).catch(() => 'broken');
    await began.promise;
    await broker[Symbol.asyncDispose]();
    expect(ended).toBe(true);
    expect(await answer).toBe('broken');
  });
});

describe('a question to people', () => {
  const question = { kind: 'ask', question: 'Which one?' } as const;

  it('brings back what they say, while pushes go on', async () => {
    await using home = await temporaryDirectory();
    const said = Promise.withResolvers<Told>();
    const heard = Promise.withResolvers<boolean>();
    await using broker = await open(home.path, { ask: () => said.promise, push: async () => ({ ok: true }) });
    const asked = exchange(to(broker), question);
    expect(await pushed(broker, REF)).toEqual({ ok: true });
    said.resolve({ texts: ['The first.'], heard: heard.resolve });
    expect(await asked).toEqual({ ok: true, said: ['The first.'] });
    expect(await heard.promise).toBe(true);
  });

  it.each<[string, (socket: Socket) => void]>([
    ['is killed', socket => socket.destroy()],
    ['ends without a word', socket => socket.end()],
    ['never confirms it', () => {}],
  ])('has not arrived with one who %s when the answer comes', async (_, then) => {
    await using home = await temporaryDirectory();
    const heard = Promise.withResolvers<boolean>();
    const told = { texts: ['The first.'], heard: heard.resolve };
    await using broker = await open(
      home.path,
      { ask: async () => told },
      { question: 300, exchange: 60_000 },
    );
    const socket = connect({ path: broker.path, allowHalfOpen: true }).on('error', () => {});
    socket.write(`${JSON.stringify(question)}\n`);
    socket.once('data', () => then(socket));
    expect(await heard.promise).toBe(false);
    socket.destroy();
  });

  it('is given up when the asker goes away', async () => {
    await using home = await temporaryDirectory();
    const waiting = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<null>();
    await using broker = await open(home.path, {
      ask(_question, signal) {
        signal.addEventListener('abort', () => gone.resolve(null));
        waiting.resolve();
        return gone.promise;
      },
    });
    const leaving = new AbortController();
    const asked = exchange({ ...to(broker), signal: leaving.signal }, question);
    await waiting.promise;
    leaving.abort();
    await expect(asked).rejects.toThrow();
    expect(await gone.promise).toBeNull();
  });
});

function open(
  directory: string,
  handlers: Partial<BrokerHandlers> = {},
  limits?: { question: number; exchange: number },
): Promise<Broker> {
  return openBroker({
    directory,
    run: 'T1.1',
    branch: 'orch/T1-fix',
    log: silentLog(),
    redact: redactShapes,
    handlers: {
      refs: async () => ({ 'refs/heads/main': MAIN }),
      push: unexpected,
      pullRequest: unexpected,
      checkpoint: unexpected,
      ask: unexpected,
      progress: unexpected,
      plan: unexpected,
      done: unexpected,
      ...handlers,
    },
    ...(limits && { limits }),
  });
}

async function unexpected(): Promise<never> {
  throw new Error('This was not to be asked.');
}

function pushed(broker: Broker, ref: string, pack: Readable = streamOf(Buffer.from('PACK'))) {
  return exchange(to(broker), { kind: 'push', ref, old: null, new: NEW }, pack);
}

function streamOf(bytes: Buffer): Readable {
  const stream = new PassThrough();
  stream.end(bytes);
  return stream;
}

function to(broker: Broker) {
  return { broker: broker.path, patience: 0 };
}

async function raw(broker: Broker, sent: string): Promise<string> {
  const socket = connect({ path: broker.path, allowHalfOpen: true });
  socket.end(sent);
  return text(socket);
}
