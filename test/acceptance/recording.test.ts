import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openSession } from './session.ts';

/** The page's session, as it stands there: lines that begin with `$` are typed, what follows is what they print. */
const PAGE = 'docs/getting-started.md';
const [, RECORDED = ''] = /```console\n([^`]+)```/.exec(readFileSync(PAGE, 'utf8')) ?? [];

/** What is another each time it is played. */
const CHANGING: [RegExp, string][] = [
  [/\d\d:\d\d:\d\d/g, 'TIME'],
  [/process \d+/g, 'process N'],
  [/\/\S+\/shop\b/g, '/FOLDER/shop'],
  [/\b[0-9a-f]{7,10}\b(?:\.\.[0-9a-f]{7,10})?/g, 'COMMIT'],
];

function settled(text: string): string {
  return CHANGING.reduce((rest, [pattern, word]) => rest.replace(pattern, word), text).trim();
}

it(`the session in ${PAGE} goes as it is told there`, async () => {
  const lines = [...RECORDED.matchAll(/^\$ (.+)$/gm)].map(([, line = '']) => line);
  expect(lines.length).toBeGreaterThan(4);
  await using session = await openSession({ 'README.md': '# Shop\n' });
  await session.type('git rm -q orch.yaml && git commit -qm "Start anew"');
  session.program('claude', CLAUDE);
  let played = '';
  for (const line of lines) played += `$ ${line}\n${await session.type(line)}\n`;
  expect(settled(played)).toBe(settled(RECORDED));
});

/** Does what the page has it do, under the name of a CLI that Orch knows. */
const CLAUDE = `case "$1" in --version) echo "2.1.332 (Claude Code)"; exit ;; esac
cat > /dev/null; echo Welcome! >> README.md
git add -A && git commit -qm "Greet whoever reads the README" && git push -q &&
gh pr create --title "Greet whoever reads the README" --body "The README greets." > /dev/null &&
orch done "The README greets."`;
