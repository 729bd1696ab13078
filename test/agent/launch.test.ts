import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { readEnding } from '../../src/agent/ending.ts';
import { agentEnvironment } from '../../src/agent/environment.ts';
import { type Launch, launch, readLaunchId } from '../../src/agent/launch.ts';
import { processStart } from '../../src/agent/processes.ts';
import { look } from '../../src/agent/terminals.ts';
import { stripControl } from '../../src/shared/text.ts';
import { ended, fixture, openWorkbench, type Workbench } from './workbench.ts';

const HOSTILE = stripControl(
  `Say "it's" $(touch x) \`touch x\` \\ % #{pid} {model} {prompt}; touch x
ESC[201~ \u001b[201~ 👩‍👩‍👧 é 漢字\ttab\n\n${'long '.repeat(20_000)}\n'\n`,
);

interface Recorded {
  args: string[];
  environment: Record<string, string>;
  stdin: string;
  file: string | null;
  cwd: string;
}

/** Runs the agent that writes down what it was given. */
async function record(bench: Workbench, changes: Partial<Launch>, args: string[] = []): Promise<Recorded> {
  const target = join(bench.directory, 'recorded.json');
  const wanted = bench.prepare('T42.1', [process.execPath, fixture('record.mjs'), target, ...args], changes);
  writeFileSync(wanted.promptFile, HOSTILE);
  await launch(bench.terminals, wanted);
  await ended(wanted);
  expect(readdirSync(wanted.cwd)).toEqual([]);
  return JSON.parse(readFileSync(target, 'utf8')) as Recorded;
}

describe('a launched agent', () => {
  it('runs in its worktree, in a session named after the run, and its exit code is kept', async () => {
    await using bench = openWorkbench();
    const wanted = bench.prepare('T42.1', [fixture('exit-with.sh'), '7']);

    const { pid } = await launch(bench.terminals, wanted);
    await ended(wanted);

    expect(readEnding(wanted.directory)).toEqual({ exit: 7, setupFailed: null });
    // tmux now and then misses that its child is dead, and then never has its exit code.
    const exitCode = expect.toBeOneOf([7, null]);
    await vi.waitFor(
      async () => {
        expect(await look(bench.terminals)).toEqual(
          new Map([['T42-1', { pid, dead: true, exitCode, activity: expect.any(Number) }]]),
        );
      },
      { timeout: 15_000 },
    );
  });

  it('is known by pid and start time', async () => {
    await using bench = openWorkbench();
    const { pid, pidStart } = await launch(bench.terminals, bench.prepare('T42.1', [fixture('wait.sh')]));
    expect(pidStart).toMatch(/^\d+$/);
    expect(processStart(pid)).toBe(pidStart);
  });

  it('is adopted, not started again, when its session is there already', async () => {
    await using bench = openWorkbench();
    const wanted = bench.prepare('T42.1', [fixture('wait.sh')]);
    const first = await launch(bench.terminals, wanted);
    const mark = readLaunchId(wanted.directory);

    const second = await launch(bench.terminals, wanted);

    expect(second).toEqual(first);
    expect(readLaunchId(wanted.directory)).toBe(mark);
    expect(await look(bench.terminals)).toHaveProperty('size', 1);
  });

  it('is adopted when it has ended in the meantime, and does not run again', async () => {
    await using bench = openWorkbench();
    const wanted = bench.prepare('T42.1', ['/bin/sh', '-c', 'echo once >>runs']);
    const { pid } = await launch(bench.terminals, wanted);
    await ended(wanted);
    await vi.waitFor(() => expect(processStart(pid)).toBeNull(), { timeout: 15_000 });

    expect(await launch(bench.terminals, wanted)).toEqual({ pid, pidStart: null });
    expect(readFileSync(join(wanted.cwd, 'runs'), 'utf8')).toBe('once\n');
  });

  it('starts beside others at the same moment, on a server that is not there yet', async () => {
    await using bench = openWorkbench();
    const runs = Array.from({ length: 8 }, (_, index) => bench.prepare(`T${index}.1`, [fixture('wait.sh')]));

    const launched = await Promise.all(runs.map(wanted => launch(bench.terminals, wanted)));

    expect(new Set(launched.map(({ pid }) => pid)).size).toBe(8);
    expect(await look(bench.terminals)).toHaveProperty('size', 8);
  });

  it('has a second window that follows the monitor log', async () => {
    await using bench = openWorkbench();
    const wanted = bench.prepare('T42.1', [fixture('wait.sh')]);
    await launch(bench.terminals, wanted);

    writeFileSync(join(wanted.directory, 'monitor.log'), 'pushed 2 commits\n', { flag: 'a' });

    await vi.waitFor(
      async () => {
        const { stdout } = await bench.terminals.tmux(['capture-pane', '-p', '-t', '=T42-1:monitor']);
        expect(stdout).toContain('pushed 2 commits');
      },
      { timeout: 15_000 },
    );
  });
});

describe('the prompt arrives byte for byte', () => {
  it('in a file', async () => {
    await using bench = openWorkbench();
    const recorded = await record(bench, { prompt: 'file' }, ['{prompt_file}', '{prompt}']);
    expect(recorded.file).toBe(HOSTILE);
    expect(recorded.args).toEqual([join(bench.directory, 'T42.1', 'prompt.md'), '{prompt}']);
    expect(recorded.stdin).toBe('');
  });

  it('on standard input', async () => {
    await using bench = openWorkbench();
    const recorded = await record(bench, { prompt: 'stdin' });
    expect(recorded.stdin).toBe(HOSTILE);
    expect(recorded.environment).not.toHaveProperty('ORCH_PROMPT_FILE');
  });

  it('as the last argument', async () => {
    await using bench = openWorkbench();
    const recorded = await record(bench, { prompt: 'argument' }, ['-p']);
    expect(recorded.args).toEqual(['-p', HOSTILE]);
  });

  it('where the command has a place for it, beside the model', async () => {
    await using bench = openWorkbench();
    const changes = { prompt: 'argument', model: 'fast' } as const;
    const recorded = await record(bench, changes, ['--model={model}', '--say={prompt}', '-v']);
    expect(recorded.args).toEqual(['--model=fast', `--say=${HOSTILE}`, '-v']);
    expect(recorded.environment.ORCH_MODEL).toBe('fast');
  });
});

describe('an agent sees', () => {
  it('its environment and nothing of the daemon, which is not in tmux either', async () => {
    vi.stubEnv('WEBHOOK_SECRET', 'canary-of-the-daemon');
    vi.stubEnv('EVIL', 'canary-of-the-daemon');
    await using bench = openWorkbench();
    const environment = agentEnvironment(process.env, { KEY: `it's $HOME\n"x"` }, { bin: '/run/bin' });

    const recorded = await record(bench, { environment });
    const { stdout } = await bench.terminals.tmux(['show-environment', '-g']);
    vi.unstubAllEnvs();

    expect(JSON.stringify(recorded)).not.toContain('canary');
    expect(recorded.environment).toMatchObject({ ...environment, ORCH_RUN: 'T42.1' });
    const ofTheShell = ['PWD', 'OLDPWD', 'SHLVL', '_', 'ORCH_RUN', 'ORCH_LAUNCH', 'ORCH_PROMPT_FILE'];
    const added = Object.keys(recorded.environment).filter(name => !(name in environment));
    expect(added.filter(name => !ofTheShell.includes(name))).toEqual([]);
    expect(stdout.split('\n').map(line => line.split('=')[0])).toContain('PATH');
    expect(stdout).not.toContain('canary');
  });

  it('values that stand in no argument list', async () => {
    await using bench = openWorkbench();
    const wanted = bench.prepare('T42.1', [fixture('wait.sh')], {
      environment: { PATH: '/usr/bin:/bin', KEY: 'canary' },
    });
    const { pid } = await launch(bench.terminals, wanted);
    const { stdout } = await bench.terminals.tmux(['list-panes', '-a', '-F', '#{pane_start_command}']);
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8') + stdout).not.toContain('canary');
    expect(statSync(join(wanted.directory, 'launch.sh')).mode & 0o777).toBe(0o700);
  });
});

describe('setup commands', () => {
  it('run in the worktree before the agent, and an optional one may fail', async () => {
    await using bench = openWorkbench();
    const wanted = bench.prepare('T42.1', ['/bin/sh', '-c', 'cat made'], {
      setup: [
        { command: 'false', required: false },
        { command: `printf 'it'\\''s "%s"' "$ORCH_RUN" > made`, required: true },
      ],
    });

    await launch(bench.terminals, wanted);
    await ended(wanted);

    expect(readEnding(wanted.directory)).toEqual({ exit: 0, setupFailed: null });
    await vi.waitFor(() => expect(readFileSync(wanted.logFile, 'utf8')).toContain(`it's "T42.1"`), {
      timeout: 15_000,
    });
    expect(readFileSync(wanted.logFile, 'utf8')).toContain('orch: setup: false');
  });

  it('that are required end the run when they fail, and say which and how', async () => {
    await using bench = openWorkbench();
    const command = "exit 3 # isn't\n# there";
    const wanted = bench.prepare('T42.1', ['/usr/bin/touch', 'agent-was-here'], {
      setup: [{ command, required: true }],
    });

    await launch(bench.terminals, wanted);
    await ended(wanted);

    expect(readEnding(wanted.directory)).toEqual({ exit: 3, setupFailed: { command, exitCode: 3 } });
    expect(existsSync(join(wanted.cwd, 'agent-was-here'))).toBe(false);
  });
});

describe('the terminal log', () => {
  it('has the first output, whatever characters its path has', async () => {
    await using bench = openWorkbench("orch %H #{pid} it's ");
    for (let round = 1; round <= 10; round++) {
      const wanted = bench.prepare(`T42.${round}`, [fixture('exit-with.sh'), '0']);
      await launch(bench.terminals, wanted);
      await vi.waitFor(() => expect(readFileSync(wanted.logFile, 'utf8')).toContain('ending with 0'), {
        timeout: 15_000,
      });
      expect(statSync(wanted.logFile).mode & 0o777).toBe(0o600);
    }
  });

  it('stays below its limit while the agent prints 20 MB and ends by itself', async () => {
    await using bench = openWorkbench();
    const argv = [process.execPath, fixture('chatter.mjs')];
    const wanted = bench.prepare('T42.1', argv, { outputLimitBytes: 100_000 });

    await launch(bench.terminals, wanted);
    await ended(wanted);

    expect(readEnding(wanted.directory).exit).toBe(0);
    expect(statSync(wanted.logFile).size).toBe(99_840);
  });
});

describe('nothing starts', () => {
  it.each([
    ['the prompt is too long for an argument', 'E_PROMPT_TOO_LONG', { prompt: 'argument' }],
    ['the program is missing', 'E_MISSING_PROGRAM', { argv: ['no-such-agent'] }],
    ['the program is missing at its path', 'E_MISSING_PROGRAM', { argv: ['/no/such/agent'] }],
    ['there is no program', 'E_MISSING_PROGRAM', { argv: [] }],
    ['there is no model to name', 'E_SETTINGS', { argv: ['/bin/sh', '{model}'] }],
    [
      'a variable has no usable name',
      'E_SETTINGS',
      { environment: { PATH: '/bin:/usr/bin', 'x;reboot': '' } },
    ],
  ] as const)('when %s', async (_case, code, changes) => {
    await using bench = openWorkbench();
    const wanted = bench.prepare('T42.1', ['sleep', '600'], changes);
    writeFileSync(wanted.promptFile, 'x'.repeat(120 * 1024 + 1));
    await expect(launch(bench.terminals, wanted)).rejects.toMatchObject({ name: 'OrchError', code });
    expect(await look(bench.terminals)).toEqual(new Map());
  });

  it('when tmux is missing, and the remedy tells how to get it', async () => {
    await using bench = openWorkbench();
    const wanted = bench.prepare('T42.1', [fixture('wait.sh')]);
    const empty = join(bench.directory, 'empty');
    mkdirSync(empty);
    vi.stubEnv('PATH', empty);
    const launched = launch(bench.terminals, wanted);
    await expect(launched).rejects.toMatchObject({
      code: 'E_MISSING_PROGRAM',
      remedy: expect.stringContaining('apt-get install tmux'),
    });
    vi.unstubAllEnvs();
  });
});

it('leaves a relative program to the setup commands that make it', async () => {
  await using bench = openWorkbench();
  const wanted = bench.prepare('T42.1', ['./tools/agent'], {
    setup: [
      { command: 'mkdir tools && printf "exit 5" > tools/agent && chmod +x tools/agent', required: true },
    ],
  });
  await launch(bench.terminals, wanted);
  await ended(wanted);
  expect(readEnding(wanted.directory).exit).toBe(5);
});
