import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it, vi } from 'vitest';
import { readEnding } from '../../../src/agent/ending.ts';
import { type Launch, launch } from '../../../src/agent/launch.ts';
import { listProcesses, processesWith } from '../../../src/agent/processes.ts';
import { interrupt, killTree } from '../../../src/agent/stop.ts';
import { type Progress, readProgress } from '../../../src/agent/watch/progress.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { ended, fixture, openWorkbench, type Workbench } from '../workbench.ts';

const NARRATION: NonNullable<Launch['narration']> = {
  events: [
    { when: { type: 'text' }, as: 'text', take: { text: 'text' }, set: {} },
    { when: { type: 'end' }, as: 'end', take: { failed: 'failed', message: 'message' }, set: {} },
    { when: { line: { match: '^refused' } }, as: 'retry', take: { message: 'line' }, set: {} },
  ],
  limits: [{ match: 'refused: usage', kind: 'usage' }],
  refusals: [],
  usedBefore: { input: 0, cached: 0, output: 0, cost: 0 },
};
const SAYS = `printf '{"type":"text","text":"Here I am."}\\n'`;

async function start(bench: Workbench, script: string, changes: Partial<Launch> = {}): Promise<Launch> {
  const wanted = bench.prepare('T42.1', ['/bin/sh', '-c', script], { narration: NARRATION, ...changes });
  await launch(bench.terminals, wanted);
  return wanted;
}

async function progressOf({ directory }: Launch, has: (progress: Progress) => boolean): Promise<Progress> {
  return await vi.waitFor(() => {
    const progress = readProgress(directory);
    if (progress === null || !has(progress)) throw new Error('not yet');
    return progress;
  }, 15_000);
}

const shown = ({ logFile }: Launch) => readFileSync(logFile, 'utf8');

it('what the agent says is readable in the pane, kept as it came, and summed up; its exit code is its own', async () => {
  await using bench = openWorkbench();
  const wanted = await start(bench, `${SAYS}; echo oops >&2; printf '{"type":"end","failed":true}'; exit 7`);
  await ended(wanted);
  expect(readEnding(wanted.directory).exit).toBe(7);
  expect(readProgress(wanted.directory)).toMatchObject({ text: 'Here I am.', events: 1, end: { ok: false } });
  await vi.waitFor(() => expect(shown(wanted)).toMatch(/0:00 +Here I am\.\r\n/), { timeout: 15_000 });
  await vi.waitFor(() => expect(shown(wanted)).toContain('oops'), { timeout: 15_000 });
  expect(shown(wanted)).not.toContain('{');
  const events = readFileSync(join(wanted.directory, 'events.jsonl'), 'utf8');
  expect(events.split('\n').sort()).toEqual([
    '',
    'oops',
    '{"type":"end","failed":true}',
    '{"type":"text","text":"Here I am."}',
  ]);
});

it('what it prints as errors can tell of a limit', async () => {
  await using bench = openWorkbench();
  const wanted = await start(bench, `${SAYS}; echo 'refused: usage is up' >&2; sleep 600`);
  const { limit, state } = await progressOf(wanted, progress => progress.limit !== null);
  expect([state, limit]).toEqual(['limited', { kind: 'usage', reason: 'refused: usage is up', until: null }]);
});

it('an interrupt reaches the agent, whose last words are heard', async () => {
  await using bench = openWorkbench();
  const script = `trap 'printf "{\\"type\\":\\"text\\",\\"text\\":\\"Stopped.\\"}"; exit 3' INT; ${SAYS}; while :; do sleep 0.05; done`;
  const wanted = await start(bench, script);
  await progressOf(wanted, ({ text }) => text === 'Here I am.');
  await interrupt(bench.terminals, 'T42.1');
  await ended(wanted);
  expect(readEnding(wanted.directory).exit).toBe(3);
  expect(readProgress(wanted.directory)?.text).toBe('Stopped.');
});

it('an interrupt that comes before the narrator listens does not keep it from telling', async () => {
  await using bench = openWorkbench();
  const wanted = bench.prepare(
    'T42.1',
    ['/bin/sh', '-c', `trap 'touch "$PWD/../seen"' INT; kill -INT 0; ${SAYS}; exit 9`],
    {
      narration: NARRATION,
    },
  );
  await launch(bench.terminals, wanted);
  await ended(wanted);
  expect(readEnding(wanted.directory).exit).toBe(9);
  expect(existsSync(join(wanted.directory, 'seen'))).toBe(true);
  expect(readProgress(wanted.directory)?.text).toBe('Here I am.');
});

it('the run ends with its agent, although what that left in the background holds its outputs', async () => {
  await using bench = openWorkbench();
  const wanted = await start(bench, `trap '' INT HUP; sleep 600 & ${SAYS}; exit 5`);
  await ended(wanted);
  expect(readEnding(wanted.directory).exit).toBe(5);
  expect(readProgress(wanted.directory)?.text).toBe('Here I am.');
  await killTree(bench.terminals, 'T42.1', wanted.directory);
  expect(listProcesses().filter(({ pid }) => markedPids(wanted).has(pid))).toEqual([]);
});

it('the narrator can be killed, and the agent goes on printing and ends by itself', async () => {
  await using bench = openWorkbench();
  const script = `${SAYS}; until test -e go; do sleep 0.05; done; head -c 3000000 /dev/zero; head -c 300000 /dev/zero >&2; exit 6`;
  const wanted = await start(bench, script);
  await progressOf(wanted, ({ text }) => text !== null);
  const narrator = [...markedPids(wanted)].find(pid => commandOf(pid).includes('watch/main'));
  process.kill(narrator as number, 'SIGKILL');
  await vi.waitFor(() => expect(shown(wanted)).toContain('the narrator has ended'), 15_000);
  await bench.terminals.tmux(['run-shell', `touch '${join(wanted.cwd, 'go')}'`]);
  await ended(wanted);
  expect(readEnding(wanted.directory).exit).toBe(6);
  expect(readdirSync(wanted.directory)).toContain('progress.json');
});

it('killing the run ends narrator and agent, both stubborn', async () => {
  await using bench = openWorkbench();
  const wanted = await start(bench, `trap '' INT TERM HUP; ${SAYS}; while :; do sleep 1; done`);
  await progressOf(wanted, ({ text }) => text !== null);
  const { survivors } = await killTree(bench.terminals, 'T42.1', wanted.directory, 100);
  expect(survivors).toEqual([]);
  expect(markedPids(wanted).size).toBe(0);
});

it('endless, binary and half lines are cut and harm nothing', async () => {
  await using bench = openWorkbench();
  const argv = [process.execPath, fixture('noise.mjs')];
  const wanted = bench.prepare('T42.1', argv, { narration: NARRATION, outputLimitBytes: 50_000 });
  await launch(bench.terminals, wanted);
  await ended(wanted);
  expect(readEnding(wanted.directory).exit).toBe(4);
  expect(readProgress(wanted.directory)?.text).toBe('[31mred');
  await vi.waitFor(() => expect(shown(wanted)).toContain('a line of 30000000 bytes is left out'), {
    timeout: 15_000,
  });
  const events = readFileSync(join(wanted.directory, 'events.jsonl'));
  expect(events.length).toBeLessThan(51_000);
  expect(events.toString().trimEnd().split('\n').at(-1)).toBe('{"orch":"left out","more_than_bytes":50000}');
});

function markedPids(wanted: Launch): Set<number> {
  return processesWith(`ORCH_LAUNCH=${readFileSync(join(wanted.directory, 'launch-id'), 'utf8')}`);
}

function commandOf(pid: number): string {
  const file = `/proc/${pid}/cmdline`;
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

it('the narrator runs from the cache of compiled code that Orch itself has', async () => {
  await using directory = await temporaryDirectory();
  const module = join(import.meta.dirname, '../../../src/agent/launch-script.ts');
  const launch = { run: 'T1.1', argv: ['true'], sandbox: [], environment: {}, stdin: '/dev/null', setup: [] };
  const wanted = { ...launch, directory: '/', cwd: '/', enter: ':', narrated: true };
  const program = `import { launchScript } from ${JSON.stringify(module)};
    console.log(launchScript(${JSON.stringify(wanted)}));`;
  // Where coverage is measured, Node keeps no cache.
  const args = ['--input-type=module', '--eval', program];
  const script = async (env: Record<string, string>) =>
    (await execa(process.execPath, args, { env, extendEnv: false })).stdout;
  expect(await script({ NODE_COMPILE_CACHE: directory.path })).toContain(
    `'env' 'NODE_COMPILE_CACHE=${directory.path}' '${process.execPath}'`,
  );
  expect(await script({ NODE_DISABLE_COMPILE_CACHE: '1' })).not.toContain('COMPILE_CACHE');
});
