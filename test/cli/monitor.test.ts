import { join, resolve } from 'node:path';
import stringWidth from 'fast-string-truncated-width';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { taskView } from '../../src/api/answers.ts';
import { monitor } from '../../src/cli/monitor.ts';
import { drawScreen, type Seen } from '../../src/cli/monitor-screen.ts';
import { version } from '../../src/cli/version.ts';
import type { AgentView } from '../../src/record/agent-views.ts';
import { showEvent } from '../../src/record/views.ts';
import { tryProgram } from '../../src/shared/program.ts';
import { shellQuote } from '../../src/shared/text.ts';
import { apiOptions } from '../support/api.ts';
import { memoryStore, NOW, queued, started } from '../support/tasks.ts';
import { daemon, place, printed } from './place.ts';

afterEach(() => vi.unstubAllEnvs());

const CLOCK = new Date(NOW).toTimeString().slice(0, 8);

/** Three agents at work and as many tasks as are told. */
function seen(tasks: number): Seen {
  using store = memoryStore();
  for (let n = 1; n <= tasks; n += 1)
    queued(store, { instruction: `修正 the ${n}. thing ${'x'.repeat(90)}` });
  const agent = (slot: number): AgentView => ({
    ...{ id: `claude-${slot}`, task: `T${slot}`, run: `T${slot}.1`, instruction: 'fix', detail: null },
    ...{
      state: 'working',
      since: new Date(NOW).toISOString(),
      output: ['a', '\u001b[2Jb', `c ${'修'.repeat(90)}`],
    },
  });
  const profile = {
    name: 'claude',
    max_instances: 4,
    running: 3,
    limited_until: null,
    limited_because: null,
  };
  return {
    version: '1.2.3',
    counts: { running: 3, queued: tasks },
    profiles: [{ ...profile, agents: [agent(1), agent(2), agent(3)] }],
    tasks: store.tasks.list(50).map(task => taskView(apiOptions(store), task)),
    events: store.journal.after(0, 50).map(showEvent),
    now: NOW,
    trouble: null,
  };
}

describe('the screen of orch monitor', () => {
  it.each([
    [80, 24, 3],
    [80, 24, 50],
    [200, 50, 50],
    [40, 10, 9],
    [20, 3, 1],
    [80, 1, 0],
  ])('has room in %d columns and %d rows with %d tasks', (width, height, tasks) => {
    const lines = drawScreen(seen(tasks), { width, height });
    expect(lines.length).toBeLessThanOrEqual(height);
    for (const line of lines) expect(stringWidth(line).width).toBeLessThanOrEqual(width);
    expect(lines.join('')).not.toContain('\u001b[2J');
    expect(lines[0]?.startsWith('Orch 1.2.3')).toBe(true);
  });

  it('shows all agents with some of their output, then tasks, then what happened last', () => {
    const lines = drawScreen(seen(9), { width: 80, height: 23 });
    expect(lines.slice(0, 10)).toEqual([
      `Orch 1.2.3  ${CLOCK}  3 running, 9 queued`,
      '',
      'AGENT     STATE    TASK  SINCE  WHAT IT DOES',
      'claude-1  working  T1    0 s    fix',
      `  │ c ${'修'.repeat(36)}…`,
      'claude-2  working  T2    0 s    fix',
      `  │ c ${'修'.repeat(36)}…`,
      'claude-3  working  T3    0 s    fix',
      `  │ c ${'修'.repeat(36)}…`,
      'claude    idle                  1 of 4 free',
    ]);
    expect(lines.slice(10)).toEqual([
      '',
      'TASK  STATE   WHERE         PR  INSTRUCTION',
      expect.stringMatching(/^T9 {4}queued {2}acme\/shop#42 {6}修正 the 9/),
      ...Array.from({ length: 4 }, () => expect.stringMatching(/^T\d {4}queued/)),
      '… 4 more lines',
      '',
      'LATEST',
      `${CLOCK}  T7  queued`,
      `${CLOCK}  T8  queued`,
      `${CLOCK}  T9  queued`,
    ]);
  });

  it('says what keeps it from being told anew', () => {
    const [first, second] = drawScreen({ ...seen(0), trouble: 'no daemon\u0007' }, { width: 80, height: 24 });
    expect([first?.slice(0, 4), second]).toEqual(['Orch', 'no daemon']);
  });
});

describe('orch monitor', () => {
  it('without a terminal says how it is now, and as JSON too', async () => {
    using store = memoryStore();
    await using here = await place();
    await using _api = await daemon(here, store);
    const home = join(here.path, '.orch');
    expect(await printed(home, () => monitor({}))).toMatch(
      /^Orch \S+ .* no tasks yet\n\nAGENT .*\nclaude +idle/,
    );
    started(store, { instruction: 'fix it' });
    const text = await printed(home, () => monitor({ once: true }));
    expect(text).toMatch(/claude-1 +starting +T1 .*fix it.*\nT1 +starting.*LATEST\n.* T1 {2}queued\n/s);
    expect(JSON.parse(await printed(home, () => monitor({ json: true })))).toMatchObject({
      ...{ version: version(), counts: { starting: 1 }, journal: 3 },
      tasks: [{ id: 'T1' }],
      events: [{ seq: 1 }, { seq: 2 }, { seq: 3 }],
    });
  });

  it('in a terminal follows what happens, fits when that is resized, and gives it back', async () => {
    using store = memoryStore();
    await using here = await place();
    const insight = { ...apiOptions(store).insight, output: async () => 'compiling' };
    await using _api = await daemon(here, store, { insight });
    const tmux = async (...args: string[]) =>
      await tryProgram('tmux', ['-S', join(here.path, 'tmux'), '-f', '/dev/null', ...args]);
    const screen = async () => (await tmux('capture-pane', '-p', '-t', 'm')).stdout;
    const shows = (text: RegExp) => expect.poll(screen, { timeout: 15_000 }).toMatch(text);
    const orch = `ORCH_HOME=${join(here.path, '.orch')} ${process.execPath} ${resolve('bin/orch.js')} monitor`;
    const command = `${orch}; echo ended with $?; stty -a | grep -c ' echo '; read end`;
    await tmux('new-session', '-d', '-s', 'm', '-x', '80', '-y', '24', `sh -c ${shellQuote(command)}`);
    await using stack = new AsyncDisposableStack();
    stack.defer(async () => void (await tmux('kill-server')));
    await shows(/claude +idle/);
    started(store, { instruction: 'fix it' });
    await shows(/claude-1 +starting.*\n +│ compiling\n.*\nT1 +starting.*LATEST\n/s);
    await tmux('resize-window', '-t', 'm', '-x', '40', '-y', '8');
    await expect.poll(async () => (await screen()).split('\n').length, { timeout: 15_000 }).toBe(8);
    await shows(/^Orch \S+.*q leaves/s);
    await tmux('send-keys', '-t', 'm', 'q');
    await shows(/^ended with 0\n1\n/);
  });
});
