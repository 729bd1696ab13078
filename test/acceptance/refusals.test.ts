import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openSession, SUBMIT } from './session.ts';

/** One line: code, what happened, what to do. */
const line = (code: string, ...parts: string[]) => new RegExp(`^${code}: .*${parts.join('.*')}.*$`);

it('what keeps a desk from starting is one sentence with the next step, and changes nothing', async () => {
  await using session = await openSession();
  session.program('scribe', 'exit 0');
  const refused = async (typed: string, exit: number, says: RegExp) => {
    const { stdout, stderr, exitCode } = await session.tryType(typed);
    expect({ typed, stdout, stderr, exitCode }).toEqual({
      typed,
      stdout: '',
      stderr: expect.stringMatching(says),
      exitCode: exit,
    });
  };
  await refused('cd "$HOME" && orch start', 5, line('E_NO_REPOSITORY', 'no git repository', 'git init'));
  await refused(
    'git init -q --bare ../bare.git && cd ../bare.git && orch start',
    5,
    line('E_NO_REPOSITORY', 'bare'),
  );
  await refused(
    'git init -q ../empty && cd ../empty && orch start',
    5,
    line('E_EMPTY_REPOSITORY', 'git commit'),
  );
  await refused('git switch -q --detach && orch start', 5, line('E_DETACHED_HEAD', 'git switch'));
  await session.type('git switch -q main');
  await refused('orch start --agents scrbe', 2, line('E_UNKNOWN_AGENT', 'scrbe', 'scribe'));
  await refused('orch start --agents scribe:no', 2, line('E_USAGE', 'scribe:no', 'claude:2'));
  await refused('mv orch.yaml ../kept.yaml && orch start', 5, line('E_NO_AGENT', 'claude'));
  await refused('orch init', 5, line('E_NO_AGENT', 'claude'));
  await session.type('mv ../kept.yaml orch.yaml');
  await refused('orch init', 2, line('E_USAGE', 'orch.yaml is there already'));
  const deep = 'very-long-name'.repeat(8);
  await refused(`ORCH_HOME=$HOME/${deep} orch start`, 5, line('E_PATH_TOO_LONG', 'ORCH_HOME'));
  expect(existsSync(join(session.folder, '..', deep))).toBe(false);
  await session.type('mkdir ../tools && for tool in sh git; do ln -s "$(command -v $tool)" ../tools/; done');
  await refused(
    'PATH="$HOME/bin:$HOME/tools" orch start',
    5,
    line('E_MISSING_PROGRAM', 'tmux', 'apt-get install tmux'),
  );
  await refused('orch add x', 3, line('E_NO_DAEMON', 'orch start'));
  expect(existsSync(join(session.folder, '.orch'))).toBe(false);
  expect(await session.type('git status --porcelain')).toBe('');
});

it('a desk that runs says why it does not do what is asked', async () => {
  await using session = await openSession();
  session.program('scribe', `cat > /dev/null; echo new > new.txt; ${SUBMIT}`);
  const both = await session.type('orch start & orch start; wait');
  expect(both.match(/^Orch runs \(|^Orch runs here already/gm)?.sort()).toEqual([
    'Orch runs (',
    'Orch runs here already',
  ]);
  expect(await session.type('orch start')).toMatch(/^Orch runs here already \(process \d+\)\.$/);
  await session.type('echo "# mine" >> orch.yaml');
  expect(await session.type('orch add "Add a file"')).toBe(
    'T1 is queued.\nOne file is changed and not committed: the agent starts from the last commit.',
  );
  await session.until('orch status', /T1 +completed/);
  const merge = await session.tryType('orch merge T1');
  expect(merge).toMatchObject({
    exitCode: 4,
    stderr: expect.stringMatching(line('E_MERGE', 'orch.yaml', 'git stash')),
  });
  expect(await session.type('git status --porcelain')).toBe(' M orch.yaml');
  await session.type('git switch -q --detach');
  expect(await session.tryType('orch add more')).toMatchObject({
    exitCode: 5,
    stderr: expect.stringMatching(line('E_DETACHED_HEAD', '--base')),
  });
  expect(await session.type('orch add more --base main')).toMatch(/^T2 is queued/);
});

it('a daemon of another release, one that is stopping, and a database that can not be written, are told', async () => {
  await using session = await openSession();
  session.program('scribe', 'exit 0');
  await session.type('orch start && orch stop');
  let version = '0.0.1';
  const other = createServer((_request, response) =>
    response.setHeader('orch-version', version).end(JSON.stringify({ version, pid: 1, stopping: true })),
  );
  await new Promise<void>(done => other.listen(join(session.folder, '.orch/daemon.sock'), done));
  for (const typed of ['orch tasks', 'orch start']) {
    const told = await session.tryType(typed);
    expect(told.stderr).toMatch(line('E_OTHER_VERSION', '0\\.0\\.1', 'orch stop'));
    expect(told.exitCode).toBe(4);
  }
  version = await session.type('orch --version');
  expect((await session.tryType('orch start')).stderr).toMatch(
    line('E_SECOND_DAEMON', 'stopping', 'start again'),
  );
  await new Promise(done => other.close(done));
  writeFileSync(join(session.folder, '.orch/orch.db'), 'not a database');
  const told = await session.tryType('orch start');
  expect(told.stderr).toMatch(/^E_DATABASE\w*: .*orch\.db.*\.$/);
  expect(told.exitCode).toBe(5);
  chmodSync(join(session.folder, '.orch'), 0o700);
});
