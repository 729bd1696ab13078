import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { readEnding } from '../../../src/agent/ending.ts';
import { type Launch, launch } from '../../../src/agent/launch.ts';
import { UNLIMITED } from '../../../src/agent/limits/limits.ts';
import { listProcesses, type Process } from '../../../src/agent/processes.ts';
import type { Places, Sandbox } from '../../../src/agent/sandbox/sandbox.ts';
import { interrupt, killTree } from '../../../src/agent/stop.ts';
import { readProgress } from '../../../src/agent/watch/progress.ts';
import { type ProgramResult, tryGroup } from '../../../src/shared/program.ts';
import { bubblewrap } from '../../support/sandbox.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { ended, fixture, openWorkbench, type Workbench } from '../workbench.ts';

const sandbox = bubblewrap as Sandbox;

/** A machine with secrets on it, and the places of a run. */
async function machine(changes: Partial<Places> = {}) {
  const directory = await temporaryDirectory();
  const at = (name: string) => join(directory.path, name);
  for (const folder of ['user/.ssh', 'user/.login', 'user/tools/bin', 'orch/runs/T1.1/bin', 'orch/ws/tree'])
    mkdirSync(at(folder), { recursive: true });
  writeFileSync(at('user/.ssh/id'), 'SECRET');
  writeFileSync(at('user/.login/token'), 'login\n');
  writeFileSync(at('orch/orch.db'), 'SECRET');
  const places: Places = {
    run: 'T1.1',
    tree: at('orch/ws/tree'),
    own: [at('orch/ws/tree')],
    home: at('orch/ws/home'),
    temporary: at('orch/ws/tmp'),
    read: [at('orch/runs/T1.1/bin')],
    egress: '',
    command: [],
    expose: { read: [], write: [] },
    hidden: [at('orch')],
    limits: UNLIMITED,
    environment: { HOME: at('user'), PATH: process.env.PATH ?? '' },
    ...changes,
  };
  const run = (script: string, more: Partial<Places> = {}): Promise<ProgramResult> => {
    const { prefix, environment } = sandbox.enclose({ ...places, ...more });
    const [file = '', ...words] = [...prefix, '/bin/sh', '-c', script];
    return tryGroup(file, words, { cwd: places.tree, env: environment, timeout: 20_000 });
  };
  return { at, places, run, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}

describe.skipIf(bubblewrap === null)('in a sandbox of bubblewrap', () => {
  it('a program sees its own worktree, home and temporary folder, and nobody else sees what it writes', async () => {
    await using host = await machine();
    const { stdout, exitCode } = await host.run(
      'echo 1 >file && echo 2 >~/mine && echo 3 >/tmp/mine && pwd && ls -A ~ /tmp && echo "$TMPDIR $HOME"',
    );
    expect(exitCode).toBe(0);
    expect(stdout.split('\n')[0]).toBe(host.places.tree);
    expect(stdout).toContain(`/tmp ${host.at('user')}`);
    expect(readFileSync(join(host.places.tree, 'file'), 'utf8')).toBe('1\n');
    expect(existsSync(host.at('user/mine'))).toBe(false);
    expect(readFileSync(join(host.places.home, 'mine'), 'utf8')).toBe('2\n');
    expect((await host.run('cat ~/mine /tmp/mine')).stdout).toBe('2\n3');
  });

  it.each([
    ['the home of the user', 'user/.ssh/id'],
    ["Orch's home", 'orch/orch.db'],
  ])('%s is not there', async (_what, path) => {
    await using host = await machine();
    expect(await host.run(`cat ${host.at(path)}`)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('No such file'),
    });
  });

  it.each([
    '/etc/shadow',
    '/etc/ssh',
    '/root/.ssh',
    '/home',
    '/var/lib',
    '/run',
    '/sys',
    '/boot',
    '/proc/kcore',
  ])('%s can not be read', async path => {
    await using host = await machine();
    const { stdout } = await host.run(`head -c 1 ${path} 2>/dev/null; ls ${path}/* 2>/dev/null`);
    expect(stdout).toBe('');
  });

  it.each(['/', '/usr', '/usr/local/bin', '/etc', '/var', '/bin', '/home'])(
    'nothing can be written to %s',
    async folder => {
      await using host = await machine();
      const { exitCode } = await host.run(`mkdir -p ${folder} && touch ${folder}/orch-was-here`);
      expect(exitCode).not.toBe(0);
      expect(existsSync(join(folder, 'orch-was-here'))).toBe(false);
    },
  );

  it('a secret in a folder that programs need is masked', async () => {
    await using host = await machine();
    const [key, folder] = [host.at('user/tools/bin/key.pem'), host.at('user/tools')];
    writeFileSync(key, 'SECRET');
    const { stdout } = await host.run(`ls ${folder}/bin; cat ${key}`, {
      expose: { read: [folder], write: [] },
      hidden: [key],
    });
    expect(stdout).toBe('key.pem');
  });

  it('a login that is exposed can be read, or changed too, and nothing beside it', async () => {
    await using host = await machine();
    const login = host.at('user/.login');
    const read = await host.run('cat ~/.login/token; echo new >~/.login/token; ls -A ~', {
      expose: { read: [login], write: [] },
    });
    expect(read.stdout.split('\n').slice(0, 2)).toEqual(['login', '.login']);
    expect(read.stderr).toContain('Read-only');
    await host.run('echo new >~/.login/token', { expose: { read: [], write: [login] } });
    expect(readFileSync(join(login, 'token'), 'utf8')).toBe('new\n');
  });

  it.each(['user', 'orch', '.'])('exposing a folder that holds %s is refused', async folder => {
    await using host = await machine();
    const expose = { read: [host.at(folder)], write: [] };
    expect(() => sandbox.enclose({ ...host.places, expose })).toThrow(
      expect.objectContaining({ code: 'E_SETTINGS' }),
    );
  });

  it('programs on PATH work from below the home, with the libraries beside them', async () => {
    await using host = await machine();
    const prefix = host.at('user/.nvm/v24');
    for (const folder of ['bin', 'lib/node_modules/tool'])
      mkdirSync(join(prefix, folder), { recursive: true });
    writeFileSync(join(prefix, 'lib/node_modules/tool/cli'), '#!/bin/sh\necho it runs\n', { mode: 0o755 });
    symlinkSync('../lib/node_modules/tool/cli', join(prefix, 'bin/tool'));
    const environment = { ...host.places.environment, PATH: `${prefix}/bin:/usr/bin:/bin` };
    const { stdout } = await host.run('tool; ls -A ~/.nvm ~/.ssh', { environment });
    expect(stdout).toContain('it runs');
    expect(stdout).not.toContain('id');
  });

  it("the agent's program is found through links, with what lies around it", async () => {
    await using host = await machine();
    for (const folder of ['user/bin', 'user/share/agent/1.0'])
      mkdirSync(host.at(folder), { recursive: true });
    const real = host.at('user/share/agent/1.0/agent');
    writeFileSync(real, `#!/bin/sh\ncat "$(dirname "$(readlink -f "$0")")/data"\n`, { mode: 0o755 });
    writeFileSync(host.at('user/share/agent/1.0/data'), 'data');
    symlinkSync(real, host.at('user/bin/agent'));
    const environment = { ...host.places.environment, PATH: `${host.at('user/bin')}:/usr/bin:/bin` };
    const { stdout } = await host.run('agent', { environment, command: ['agent'] });
    expect(stdout).toBe('data');
  });

  it('no other process is to be seen, and none has capabilities or can get them', async () => {
    await using host = await machine();
    const { stdout } = await host.run(
      'ls -d /proc/[0-9]* | wc -l; grep -E "^(CapEff|NoNewPrivs)" /proc/self/status; unshare -Ur true && echo nested',
    );
    expect(Number(stdout.split('\n')[0])).toBeLessThan(6);
    expect(stdout).toMatch(/CapEff:\t0{16}\nNoNewPrivs:\t1$/);
  });

  it('a program without terminal has no network', async () => {
    await using host = await machine();
    const { stdout } = await host.run('tail -n +3 /proc/net/dev | cut -d: -f1; cat /proc/net/route | wc -l');
    expect(stdout.trim()).toBe('lo\n1');
  });

  it('links that one program leaves lead the making of the next sandbox nowhere', async () => {
    await using host = await machine();
    const deep = host.at('user/.config/tool/login');
    mkdirSync(deep, { recursive: true });
    const expose = { read: [deep], write: [] };
    const victim = host.at('victim');
    mkdirSync(victim);
    const busy = await host.run(`mv ~/.config ~/gone; rm -rf ~/.config; ln -s ${victim} ~/.config`, {
      expose,
    });
    expect(busy.stderr).toContain('busy');

    await host.run(`ln -s /oldroot${victim} ~/.config; ln -s /oldroot${victim} ~/.other`);
    const { exitCode } = await host.run('test -d ~/.config/tool/login', { expose });
    expect(exitCode).toBe(0);
    expect(readdirSync(victim)).toEqual([]);
  });
});

describe.skipIf(bubblewrap === null)('an agent in a sandbox of bubblewrap', () => {
  function prepare(bench: Workbench, argv: string[], changes: Partial<Launch> = {}): Launch {
    const plain = bench.prepare('T42.1', argv, changes);
    const { prefix, session, environment } = sandbox.enclose({
      run: 'T42.1',
      tree: plain.cwd,
      own: [plain.cwd],
      home: join(bench.directory, 'home'),
      temporary: join(bench.directory, 'tmp'),
      read: [plain.promptFile, fixture('.')],
      egress: '',
      command: argv,
      expose: { read: [], write: [] },
      hidden: [],
      limits: UNLIMITED,
      environment: plain.environment,
    });
    return { ...plain, sandbox: [...prefix, ...session], environment };
  }

  const says = (wanted: Launch, text: string) =>
    vi.waitFor(() => expect(readFileSync(wanted.logFile, 'utf8')).toContain(text), { timeout: 15_000 });

  /** The processes that carry the run's folder in what started them, or come from such. */
  function processesOf(pid: number): Process[] {
    const all = listProcesses();
    const ours = new Set([pid]);
    for (let before = 0; before !== ours.size; ) {
      before = ours.size;
      for (const one of all) if (ours.has(one.parent)) ours.add(one.pid);
    }
    return all.filter(one => ours.has(one.pid));
  }

  it('takes prompt and setup commands, and its exit code is kept outside of its reach', async () => {
    await using bench = openWorkbench();
    // What it writes there goes to its own /tmp, in which the test's folder lies.
    const script = `cat made; cat; ls -m '${bench.directory}/T42.1'; echo 0 >'${bench.directory}/T42.1/exit'; exit 7`;
    const wanted = prepare(bench, ['/bin/sh', '-c', script], {
      prompt: 'stdin',
      setup: [{ command: 'echo from setup >made', required: true }],
    });
    await launch(bench.terminals, wanted);
    await ended(wanted);
    expect(readEnding(wanted.directory)).toEqual({ exit: 7, setupFailed: null });
    await says(wanted, "'work tree'\r\n");
    const lines = readFileSync(wanted.logFile, 'utf8').split(/\r?\n/);
    expect(lines.slice(1)).toEqual(['from setup', 'Fix it.', "prompt.md, 'work tree'", '']);
  });

  it.each([
    ['that are missing', 'no-such-program', 127],
    ['that are no programs', './file', 126],
  ])('programs %s give the exit code of a shell', async (_what, program, exit) => {
    await using bench = openWorkbench();
    const wanted = prepare(bench, ['/bin/sh', '-c', `touch file; ${program}`]);
    await launch(bench.terminals, wanted);
    await ended(wanted);
    expect(readEnding(wanted.directory).exit).toBe(exit);
  });

  it('gets an interrupt, may end in order, and its exit code is kept', async () => {
    await using bench = openWorkbench();
    const script = "trap 'sleep 0.3; echo saved; exit 4' INT; echo ready; while :; do sleep 0.05; done";
    const wanted = prepare(bench, ['/bin/sh', '-c', script]);
    await launch(bench.terminals, wanted);
    await says(wanted, 'ready');
    await interrupt(bench.terminals, 'T42.1');
    await ended(wanted);
    expect(readEnding(wanted.directory).exit).toBe(4);
  });

  it('is narrated outside, interrupted or not', async () => {
    await using bench = openWorkbench();
    const rule = { when: {}, as: 'text', take: { text: 'say' }, set: {} } as const;
    const narration = {
      ...{
        events: [rule],
        limits: [],
        refusals: [],
        usedBefore: { input: 0, cached: 0, output: 0, cost: 0 },
      },
    };
    const say = (text: string) => `echo '{"say":"${text}"}'`;
    const script = `trap "${say('Stopped.').replaceAll('"', '\\"')}; exit 4" INT; sleep 600 & ${say('Here I am.')}; while :; do sleep 0.05; done`;
    const wanted = prepare(bench, ['/bin/sh', '-c', script], { narration });
    await launch(bench.terminals, wanted);
    await says(wanted, 'Here I am.');
    await interrupt(bench.terminals, 'T42.1');
    await ended(wanted);
    expect(readEnding(wanted.directory).exit).toBe(4);
    expect(readProgress(wanted.directory)?.text).toBe('Stopped.');
  });

  it('that knows nothing of interrupts is ended by one', async () => {
    await using bench = openWorkbench();
    const wanted = prepare(bench, [fixture('wait.sh')]);
    await launch(bench.terminals, wanted);
    await says(wanted, 'ready');
    await interrupt(bench.terminals, 'T42.1');
    await ended(wanted);
    expect(readEnding(wanted.directory).exit).toBe(130);
  });

  it('stopped, may end in order within the grace', async () => {
    await using bench = openWorkbench();
    const script = "trap 'echo saved; exit 4' TERM; echo ready; while :; do sleep 0.05; done";
    const wanted = prepare(bench, ['/bin/sh', '-c', script]);
    await launch(bench.terminals, wanted);
    await says(wanted, 'ready');
    await killTree(bench.terminals, 'T42.1', wanted.directory, 5_000);
    expect(readEnding(wanted.directory).exit).toBe(4);
  });

  // The last one leaves session, parent and environment behind, which nobody finds without the sandbox.
  const STUBBORN = `trap '' HUP TERM INT; echo x >>pids; while :; do sleep 600; done`;
  const LEAVE = [
    `setsid sh -c "${STUBBORN}" &`,
    `(setsid env -i PATH=/usr/bin:/bin sh -c "${STUBBORN}" &) &`,
    `(env -i PATH=/usr/bin:/bin setsid -f sh -c "(setsid -f sh -c \\"${STUBBORN}\\")")`,
    'until test "$(wc -l <pids)" = 3; do sleep 0.02; done; echo ready',
  ].join('\n');

  it('leaves no process when it is killed, whatever session, parent, environment and signals they chose', async () => {
    await using bench = openWorkbench();
    const wanted = prepare(bench, ['/bin/sh', '-c', `touch pids\n${LEAVE}\ntrap '' HUP TERM\nsleep 600`]);
    const { pid } = await launch(bench.terminals, wanted);
    await says(wanted, 'ready');
    const before = await vi.waitFor(
      () => {
        const found = processesOf(pid);
        expect(found.length).toBeGreaterThan(7);
        return found;
      },
      { timeout: 15_000 },
    );
    expect(await killTree(bench.terminals, 'T42.1', wanted.directory, 100)).toMatchObject({ survivors: [] });
    expect(alive(before)).toEqual([]);
  });

  it('leaves no process when it ends by itself', async () => {
    await using bench = openWorkbench();
    const wanted = prepare(bench, ['/bin/sh', '-c', `touch pids\n${LEAVE}\ncat >/dev/null`], {
      prompt: 'stdin',
    });
    const { pid } = await launch(bench.terminals, wanted);
    await says(wanted, 'ready');
    await ended(wanted);
    await vi.waitFor(() => expect(processesOf(pid)).toEqual([]), { timeout: 15_000 });
  });

  it('leaves no process when the tmux server was killed', async () => {
    await using bench = openWorkbench();
    const wanted = prepare(bench, ['/bin/sh', '-c', `touch pids\n${LEAVE}\ntrap '' HUP TERM\nsleep 600`]);
    const { pid } = await launch(bench.terminals, wanted);
    await says(wanted, 'ready');
    const before = processesOf(pid);
    const { stdout } = await bench.terminals.tmux(['display-message', '-p', '#{pid}']);
    process.kill(Number(stdout), 'SIGKILL');
    await vi.waitFor(() => expect(alive(before)).toEqual([]), { timeout: 15_000 });
  });

  function alive(before: Process[]): Process[] {
    const now = new Set(listProcesses().map(({ pid, start }) => `${pid} ${start}`));
    return before.filter(({ pid, start }) => now.has(`${pid} ${start}`));
  }
});
