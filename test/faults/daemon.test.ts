import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLog } from '../../src/shared/log.ts';
import { GOOD_AGENT, REPOSITORY, startTestApp } from '../support/app.ts';
import { GOOD, serve } from '../support/serve.ts';
import { temporaryDirectory } from '../support/temporary.ts';

describe('fault: a second daemon is started on the same home folder', () => {
  it('it refuses to start with `E_SECOND_DAEMON`, and the first one and its agents go on', async () => {
    await using app = await startTestApp({
      agents: { slow: `while ! test -e go; do sleep 0.05; done; ${GOOD_AGENT}` },
    });
    await app.github.comment(REPOSITORY, 1, '/orch fix it', 'writer');
    await app.until(() => app.daemon.store.tasks.get(1)?.state === 'running');
    const second = await serve(app.home, GOOD);
    expect(second.exitCode).toBe(5);
    expect(second.stderr).toMatch(/^E_SECOND_DAEMON: /);
    writeFileSync(`${app.home}/workspaces/T1.1/tree/go`, '');
    await app.ended(1, 'completed');
    expect(app.runs(1)).toHaveLength(1);
  });
});

describe('fault: the clock of the machine is set an hour forward', () => {
  it('agents that run keep their time, and their work is taken and told', () => setClock(3600_000));
});

describe('fault: the clock of the machine is set an hour back', () => {
  it('agents that run keep their time, and their work is taken and told', () => setClock(-3600_000));
});

async function setClock(by: number): Promise<void> {
  await using app = await startTestApp({
    agents: { slow: `while ! test -e go; do sleep 0.05; done; rm go; ${GOOD_AGENT}` },
  });
  await app.github.comment(REPOSITORY, 1, '/orch --timeout 30m fix it', 'writer');
  await app.until(() => app.daemon.store.tasks.get(1)?.state === 'running');
  // GitHub's simulator is in this process: a token that is asked for at the very moment would be an hour old on arrival.
  await app.quiet();
  {
    using _clock = wallClockOff(by);
    writeFileSync(`${app.home}/workspaces/T1.1/tree/go`, '');
    await app.ended(1, 'completed');
    await app.quiet();
    expect(app.runs(1)).toMatchObject([{ outcome: 'succeeded' }]);
    expect(app.comments(1)[1]).toContain('#2');
  }
}

/** What this process takes for the time of day; timers and what the kernel counts stay as they are. */
function wallClockOff(by: number): Disposable {
  const Real = Date;
  globalThis.Date = class extends Real {
    constructor(...args: [number | string | Date] | []) {
      super(args.length === 0 ? Real.now() + by : args[0]);
    }
    static override now(): number {
      return Real.now() + by;
    }
  } as DateConstructor;
  return {
    [Symbol.dispose]() {
      globalThis.Date = Real;
    },
  };
}

describe('fault: the log file is removed, moved away or can not be written', () => {
  it('Orch goes on, and writes it again as soon as it can', async () => {
    await using folder = await temporaryDirectory();
    const file = join(folder.path, 'logs', 'orch.log');
    const log = openLog({ level: 'info', file });
    const lines = () =>
      readFileSync(file, 'utf8')
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line).msg);
    log.info('one');
    renameSync(file, `${file}.1`);
    log.info('two');
    expect(lines()).toEqual(['two']);
    rmSync(join(folder.path, 'logs'), { recursive: true });
    log.info('three');
    expect(lines()).toEqual(['three']);
    rmSync(file);
    mkdirSync(file);
    expect(() => log.info('lost')).not.toThrow();
    rmSync(file, { recursive: true });
    log.info('four');
    expect(lines()).toEqual(['four']);
  });
});

describe('fault: the home folder can not be written when Orch starts', () => {
  it('it does not start, and says with `E_HOME` which folder and why', async () => {
    await using folder = await temporaryDirectory();
    const letter = join(folder.path, 'letter');
    writeFileSync(letter, '');
    const settings = join(folder.path, 'place');
    const { exitCode, stderr } = await serve(settings, { ...GOOD, ORCH_HOME: join(letter, 'home') });
    expect([exitCode, stderr]).toEqual([
      5,
      expect.stringMatching(/E_HOME: .*letter\/home can't be made or written/),
    ]);
  });
});
