import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readOrder, writeOrder } from '../../../src/engine/actions/order.ts';
import { anOrder } from '../../support/order.ts';

const TOKEN = `ghp_${'a1B2'.repeat(9)}`;
const remark = (text: string) => ({ login: 'bob', at: '2026-01-01T00:00:00Z', where: null, text });
const sentBytes = (inputs: object) => Buffer.byteLength(JSON.stringify(inputs));

describe('an order', () => {
  it('is read as it was written, for the run that its input names', () => {
    const order = anOrder();
    const { run, order: written } = writeOrder(order);
    expect(run).toBe('T42.2');
    expect(readOrder(written)).toEqual({ version: 1, ...order });
  });

  it('holds no installation, and nothing that looks like a token, wherever people have put one', () => {
    const told = {
      instruction: `use ${TOKEN}`,
      issueBody: `it is ${TOKEN}`,
      conversation: [remark(`or ${TOKEN}`)],
      settings: { prompt: `{{instruction}} ${TOKEN}` },
    };
    const { order } = writeOrder(
      anOrder({ ...told }, { said: [{ author: 'ann', text: TOKEN }], notes: [TOKEN] }),
    );
    expect(order).not.toContain(TOKEN.slice(0, 12));
    expect(order.match(/\[redacted\]/g)).toHaveLength(6);
    expect(order).not.toContain('installation');
  });

  it('fits into what GitHub takes: the oldest words go first, then the end of the issue, never the task', () => {
    const long = '"ä\n'.repeat(9000);
    const conversation = [remark(`old ${long}`), remark('new')];
    const inputs = writeOrder(anOrder({ conversation, issueBody: long }));
    expect(sentBytes(inputs)).toBeLessThanOrEqual(65_000);
    const { task } = readOrder(inputs.order);
    expect(task.conversation.map(({ text }) => text)).not.toContain(conversation[0]?.text);
    expect(long.startsWith(task.issueBody.replace('…', ''))).toBe(true);
    expect(task.instruction).toBe(anOrder().task.instruction);
  });

  it('fits, whatever people write', () => {
    const words = fc.string({ unit: 'binary', maxLength: 30_000 });
    fc.assert(
      fc.property(words, words, (body, said) => {
        const inputs = writeOrder(anOrder({ issueBody: body, conversation: [remark(said), remark(body)] }));
        expect(sentBytes(inputs)).toBeLessThanOrEqual(65_000);
        readOrder(inputs.order);
      }),
      { numRuns: 5 },
    );
  });

  it.each([
    ['the instruction', { instruction: 'x'.repeat(64_990) }],
    ['an issue that is the task', { issueBody: 'x'.repeat(64_990), vouched: true }],
  ])('is not written where it would cut %s', (_, task) => {
    expect(() => writeOrder(anOrder(task))).toThrow(expect.objectContaining({ code: 'E_PROMPT_TOO_LONG' }));
  });

  it('of a newer release asks for a newer action, and of an older one for a newer App', () => {
    const of = (version: number) => JSON.stringify({ version, anything: 'else' });
    expect(() => readOrder(of(2))).toThrow(
      expect.objectContaining({ remedy: 'Bring the action up to the release of the App.' }),
    );
    expect(() => readOrder(of(0))).toThrow(
      expect.objectContaining({ remedy: 'Bring the App up to the release of the action.' }),
    );
  });

  it.each([
    ['no JSON', 'rm -rf /'],
    ['a list', '[]'],
    ['nothing', ''],
    ['a version alone', '{"version":1}'],
    ['a branch that git takes for an option', changed(task => ({ ...task, branch: '--upload-pack=sh' }))],
    ['a branch that leads elsewhere', changed(task => ({ ...task, branch: 'a/../../b' }))],
    ['a commit that is an option', changed(task => ({ ...task, baseSha: '--output=x' }))],
    ['a repository with a path', changed(task => ({ ...task, repository: 'acme/shop/../x' }))],
    ['a file outside', changed(task => ({ ...task, contextFiles: ['../../etc/passwd'] }))],
    ['a field that nobody knows', changed(task => ({ ...task, token: 'x' }))],
    ['a login of many words', changed(task => ({ ...task, requester: 'ann and bob' }))],
  ])('is refused when it is %s', (_, written) => {
    expect(() => readOrder(written)).toThrow(expect.objectContaining({ code: 'E_INPUT' }));
  });
});

/** As somebody would write it who may dispatch the workflow. */
function changed(change: (task: object) => object): string {
  const order = JSON.parse(writeOrder(anOrder()).order);
  return JSON.stringify({ ...order, task: change(order.task) });
}
