import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { openNarrator } from '../../../src/agent/watch/narrator.ts';
import { readProgress } from '../../../src/agent/watch/progress.ts';
import { builtIn, type Profile } from '../../../src/config/profiles/agents.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { damaged, noise } from '../noise.ts';
import { type Surface, Violation } from '../surface.ts';

const STREAMS = resolve(import.meta.dirname, '../../fixtures/agents/streams');
const CLIS = ['claude', 'codex', 'gemini', 'opencode'];
const STORIES = CLIS.flatMap(cli => {
  const folder = join(STREAMS, cli);
  return readdirSync(folder).map(file => ({ cli, text: readFileSync(join(folder, file), 'utf8') }));
});
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

interface Stream {
  cli: string;
  text: string;
}

const stream = (text: string): Stream => ({ cli: 'claude', text });

/** What CLIs print: the narrator goes on, the terminal of who looks on stays as it is, and the sum can be read back. */
export const events: Surface<Stream> = {
  name: 'event streams',
  weight: 4,
  named: {
    'a line of two megabytes': stream(`${'x'.repeat(2e6)}\n`),
    'a line without end': stream(
      `{"type":"assistant","message":{"content":[{"type":"text","text":"${'x'.repeat(2e6)}`,
    ),
    'depth without end': stream(`${'{"type":'.repeat(50_000)}\n`),
    'values of other types': stream(
      '{"type":"assistant","message":{"content":{"0":7},"usage":{"input_tokens":"1e999"}}}\n',
    ),
    'a prototype': stream('{"__proto__":{"type":"result"},"constructor":1}\n'),
    'terminal sequences': stream(
      '{"type":"result","is_error":true,"result":"\\u001b]0;x\\u0007\\u009b31m"}\n\u001b[2J\u009b\n',
    ),
    'a number without end': stream(`{"type":"result","total_cost_usd":${'9'.repeat(400)}}\n`),
  },
  arbitrary: fc.oneof(
    fc.record({ cli: fc.constantFrom(...CLIS), text: noise }),
    fc.constantFrom(...STORIES).chain(({ cli, text }) => damaged(text).map(bad => ({ cli, text: bad }))),
  ),
  async open() {
    const folder = await temporaryDirectory();
    return {
      async feed({ cli, text }) {
        const { events, limits, refusals } = builtIn(cli) as Profile;
        let shown = '';
        const narrator = openNarrator({
          ...{ events, limits, refusals, directory: folder.path, end: 'the end', outputLimitBytes: 10_000 },
          usedBefore: { input: 0, cached: 0, output: 0, cost: 0 },
          now: () => 0,
          show: told => {
            shown += told;
          },
          later() {},
        });
        narrator.take('stdout', Buffer.from(text));
        narrator.take('stderr', Buffer.from(text));
        narrator.finish();
        if (CONTROL.test(shown))
          throw new Violation('leak', `the terminal gets control characters of ${cli}`);
        if (readProgress(folder.path) === null) throw new Error('what was summed up can not be read');
      },
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    };
  },
};
