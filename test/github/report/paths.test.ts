import { expect, it } from 'vitest';
import { withoutHostPaths } from '../../../src/github/report/paths.ts';

it.each([
  ['/home/jo/.orch/workspaces/T1.1/tree/src/a.ts:3: wrong', 'src/a.ts:3: wrong'],
  ["fatal: '/srv/orch/workspaces/T12.3/tree' is dirty", "fatal: '.' is dirty"],
  ['see /home/jo/.orch/logs/T1.1.log.', 'see $ORCH_HOME/logs/T1.1.log.'],
  [
    '/o/stores/github.com/a/b.git and /o/runs/T1.1/bin',
    '$ORCH_HOME/stores/github.com/a/b.git and $ORCH_HOME/runs/T1.1/bin',
  ],
  [
    'https://github.com/acme/shop/pull/2 and /usr/bin/git stay',
    'https://github.com/acme/shop/pull/2 and /usr/bin/git stay',
  ],
])('%j is told as %j', (text, expected) => {
  expect(withoutHostPaths(text)).toBe(expected);
});
