import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { addToken, holderOf, readTokens } from '../../../src/config/tokens.ts';
import { OrchError } from '../../../src/shared/errors.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { damaged, noise } from '../noise.ts';
import { type Surface, texts, Violation } from '../surface.ts';

const HASH = `sha256:${'0'.repeat(64)}`;
const BAD = [
  ...[
    'bob',
    'bob read',
    `bob ${HASH}`,
    `bob read ${HASH} more`,
    `read bob ${HASH}`,
    `bob root ${HASH}`,
    `bob READ ${HASH}`,
  ],
  ...[
    'bob read sha256:',
    'bob read sha256:zz',
    `bob read ${'0'.repeat(64)}`,
    'bob read plain-text',
    `-x read ${HASH}`,
    `../x read ${HASH}`,
  ],
  ...[`${'x'.repeat(65)} read ${HASH}`, `b\u0000b read ${HASH}`, `bob,read,${HASH}`, '{}', '\u0000'],
];

/** The tokens file: what is not valid is refused as a whole, and no token is found that was not made. */
export const tokensFile: Surface<string> = {
  name: 'tokens file',
  weight: 4,
  named: texts('the line', BAD),
  arbitrary: fc.oneof(noise, damaged(`bob read ${HASH}\neve admin ${HASH} # the second\n`)),
  async open() {
    const folder = await temporaryDirectory();
    const file = join(folder.path, 'tokens');
    const token = addToken(join(folder.path, 'elsewhere'), 'bob', 'admin');
    return {
      async feed(text) {
        writeFileSync(file, text, { mode: 0o600 });
        try {
          const holders = readTokens(file);
          if (BAD.includes(text)) throw new Violation('grant', `a bad line is taken: ${text}`);
          for (const guess of [token, '', text, HASH]) {
            if (holderOf(guess, holders)) throw new Violation('grant', `${guess} opens the API`);
          }
        } catch (error) {
          if (!(error instanceof OrchError)) throw error;
        }
      },
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    };
  },
};
