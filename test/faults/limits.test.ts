import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { groupsOfHost } from '../../src/daemon/limits.ts';
import { REPOSITORY, startTestApp } from '../support/app.ts';

const canMake = groupsOfHost('/probe').kind !== 'rlimit';

const result = (home: string) => JSON.parse(readFileSync(join(home, 'results', 'T1.1.json'), 'utf8'));

// A user without delegated control groups can't hold a run together.
describe.skipIf(!canMake)('fault: an agent takes more memory than it may', () => {
  it('the run ends with that reason, and what it took is in its result', async () => {
    const hungry = `exec node -e "const all = []; for (;;) all.push(Buffer.alloc(1e7, 1))"`;
    await using app = await startTestApp({ agents: { hungry }, settings: { limits: { memory_mb: 128 } } });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => app.runs(1)[0]?.endedAt);
    expect(app.task(1)).toMatchObject({ state: 'failed', reason: 'it took more than 128 MB of memory' });
    await app.quiet();
    expect(result(app.home).memory_mb).toBeGreaterThan(100);
  });
});

describe.skipIf(!canMake)('fault: an agent is a fork bomb', () => {
  it('it comes to its limit and is ended, and Orch answers meanwhile', async () => {
    // Where no process can be made any more, a shell could not wait for its child.
    const bomb = 'bomb() { bomb | bomb & }; bomb; exec sleep 300';
    await using app = await startTestApp({ agents: { bomb }, settings: { limits: { processes: 64 } } });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => app.task(1)?.state === 'running');
    await app.github.comment(REPOSITORY, 1, '/orch status', 'writer');
    await app.until(() => app.comments(1).some(comment => comment.includes('| T1 |')));
    await app.github.comment(REPOSITORY, 1, '/orch cancel', 'writer');
    await app.ended(1, 'cancelled');
  });
});
