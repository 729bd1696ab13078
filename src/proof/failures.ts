import { shorten } from '../shared/text.ts';

/** How test runners say that one test has failed; the first group is its name. */
const FAILURES = [
  // TAP
  /^\s*not ok \d+\s*-?\s*(.+?)(?:\s+#.*)?$/i,
  // node:test, vitest, jest, mocha
  /^\s*[✖✗✕×]\s+(.+?)(?:\s+\(?\d+(?:\.\d+)?\s?m?s\)?)?$/,
  /^FAILED (\S+::.+?)(?: - .*)?$/,
  /^\s*--- FAIL: (\S+)/,
  /^test (\S+) \.\.\. FAILED$/,
];
/** How TAP marks what fails and is no failure. */
const EXCUSED = /#\s*(todo|skip)/i;
/** Headings of the list of failures, not a failure. */
const HEADINGS = /^(failing tests:?|failures?:?)$/i;

const MOST = 200;

/** The names of the tests that failed, as far as what was printed names them; each once, in its order. */
export function failedTests(output: string): string[] {
  const names = new Set<string>();
  for (const line of output.split('\n')) {
    if (names.size === MOST) break;
    if (EXCUSED.test(line)) continue;
    const name = FAILURES.map(pattern => pattern.exec(line)?.[1]).find(found => found !== undefined);
    if (name !== undefined && !HEADINGS.test(name.trim())) names.add(shorten(name.trim(), 200));
  }
  return [...names];
}
