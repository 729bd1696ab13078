import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { openBroker } from '../../../src/broker/broker.ts';
import { silentLog } from '../../../src/shared/log.ts';
import { redactShapes } from '../../../src/shared/secrets/secrets.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { damaged, mutated, noise } from '../noise.ts';
import { type Surface, Violation } from '../surface.ts';

const BRANCH = 'orch/T1-fix';
const SHA = 'a'.repeat(40);
const NEW = 'b'.repeat(40);
const push = { kind: 'push', ref: `refs/heads/${BRANCH}`, old: null, new: NEW };
const pull = { kind: 'pull', title: 'Fix it', body: 'Fixed.', base: null, draft: false };
const keep = { kind: 'checkpoint', new: NEW, note: null, leftOut: [] };
const line = (value: unknown) => `${JSON.stringify(value)}\n`;

const QUESTIONS: Record<string, string> = {
  nothing: '',
  'an empty line': '\n',
  'no line end': '{"kind":"refs"}',
  'no JSON': 'hello\n',
  'half of it': '{"kind":\n',
  'a list': '[]\n',
  null: 'null\n',
  'a text': '"refs"\n',
  'brackets in brackets': `${'['.repeat(50_000)}\n`,
  'an endless line': 'x'.repeat(3_000_000),
  'zero bytes': '\0\0\0\n',
  HTTP: 'GET / HTTP/1.1\r\nhost: x\r\n\r\n',
  'no kind': line({}),
  'an unknown kind': line({ kind: 'merge' }),
  'the kind __proto__': line({ kind: '__proto__' }),
  'a field too many': line({ kind: 'refs', epoch: 99 }),
  ...Object.fromEntries(
    [
      'refs/heads/main',
      'refs/heads/orch/T2-other',
      'refs/tags/v1',
      'HEAD',
      'refs/heads/*',
      `refs/heads/${BRANCH}/../main`,
      `refs/heads/${BRANCH}\n`,
      `+refs/heads/${BRANCH}`,
      `refs/heads/${BRANCH}:refs/heads/main`,
      'refs/pull/1/head',
      'refs/orch/runs/T1.1/head',
      '',
      'x'.repeat(1001),
    ].map(ref => [`a push to ${JSON.stringify(ref.slice(0, 50))}`, line({ ...push, ref })]),
  ),
  'a deletion': line({ ...push, new: null }),
  'a push of zeros': line({ ...push, new: '0'.repeat(40) }),
  'a push of a name': line({ ...push, new: 'main' }),
  'a push of an option': line({ ...push, new: '--upload-pack=id' }),
  'a push of half a number': line({ ...push, new: 'ab' }),
  'a push in capitals': line({ ...push, new: 'A'.repeat(40) }),
  'a push from a tip that is not there': line({ ...push, old: SHA }),
  'a checkpoint of a name': line({ ...keep, new: 'main' }),
  'a checkpoint without what is left out': line({ ...keep, leftOut: undefined }),
  'a question of nothing': line({ kind: 'ask', question: ' ' }),
  'a question that is too long': line({ kind: 'ask', question: 'x'.repeat(4001) }),
  'a progress of nothing': line({ kind: 'progress', text: '' }),
  'a progress that is too long': line({ kind: 'progress', text: 'x'.repeat(501) }),
  'a plan of nothing': line({ kind: 'plan', text: ' ', files: [], risk: null }),
  'a plan that is too long': line({ kind: 'plan', text: 'x'.repeat(30_001), files: [], risk: null }),
  'a plan with too many files': line({ kind: 'plan', text: 'x', files: Array(201).fill('a'), risk: null }),
  'a title of nothing': line({ ...pull, title: ' ' }),
  'a title that is too long': line({ ...pull, title: 'x'.repeat(257) }),
  'a title that is a number': line({ ...pull, title: 7 }),
  'a body that is too long': line({ ...pull, body: 'x'.repeat(262_145) }),
  'a base of nothing': line({ ...pull, base: '' }),
  'a base that is too long': line({ ...pull, base: 'x'.repeat(256) }),
  'a draft that is a text': line({ ...pull, draft: 'no' }),
  'a summary that is too long': line({ kind: 'done', summary: 'x'.repeat(65_537) }),
  'a summary that is an object': line({ kind: 'done', summary: {} }),
  'no summary': line({ kind: 'done' }),
};

/** What an agent says to its run's broker: no other ref is ever pushed, and the next question is answered. */
export const broker: Surface<string> = {
  name: 'broker',
  weight: 8,
  named: Object.fromEntries(Object.entries(QUESTIONS).map(([name, text]) => [`a question: ${name}`, text])),
  arbitrary: fc.oneof(
    noise,
    damaged(line(push)),
    damaged(line(pull)),
    fc
      .constantFrom<unknown>(push, pull, { kind: 'done', summary: 'x' }, keep, { kind: 'refs' })
      .chain(mutated)
      .map(value => line(value ?? null)),
  ),
  async open() {
    const folder = await temporaryDirectory();
    let refused: string | null = null;
    const opened = await openBroker({
      directory: folder.path,
      run: 'T1.1',
      branch: BRANCH,
      log: silentLog(),
      redact: redactShapes,
      limits: { question: 2_000, exchange: 5_000 },
      handlers: {
        refs: async () => ({ 'refs/heads/main': SHA }),
        async push({ ref, new: sha }) {
          if (ref !== `refs/heads/${BRANCH}` || !/^[0-9a-f]{40,64}$/.test(sha))
            refused = `${ref} ${sha} is pushed`;
          return { ok: true };
        },
        pullRequest: async () => ({ number: 1, url: 'https://github.test/1', created: true }),
        async checkpoint({ new: sha }) {
          if (!/^[0-9a-f]{40,64}$/.test(sha)) refused = `${sha} is kept`;
          return { number: 1, created: true };
        },
        ask: async () => ({ texts: ['Yes.'], heard: () => {} }),
        progress: async () => {},
        plan: async () => {},
        done: async () => {},
      },
    });
    return {
      async feed(text) {
        const answer = await exchange(opened.path, text);
        if (refused !== null) throw new Violation('grant', refused);
        if (!/^\{.*\}\n$/.test(answer))
          throw new Error(`the broker answers ${JSON.stringify(answer.slice(0, 100))}`);
        if (Object.values(QUESTIONS).includes(text) && text !== '{"kind":"refs"}' && JSON.parse(answer).ok) {
          throw new Violation('grant', `a bad question is obeyed: ${text.slice(0, 100)}`);
        }
      },
      async [Symbol.asyncDispose]() {
        await opened[Symbol.asyncDispose]();
        await folder[Symbol.asyncDispose]();
      },
    };
  },
};

async function exchange(path: string, text: string): Promise<string> {
  const socket = connect({ path, allowHalfOpen: true });
  let answer = '';
  socket.setEncoding('utf8').on('data', chunk => {
    answer += chunk;
  });
  socket.on('error', () => {});
  socket.on('end', () => socket.end());
  socket.end(text);
  await once(socket, 'close').catch(() => {});
  return answer;
}
