import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { interleave, judge, median } from '../../bench/harness.ts';
import { runProgram, tryProgram } from '../../src/shared/program.ts';

const MAIN = 'bench/main.ts';

describe('the benchmarks', () => {
  it('give one flat object of numbers on standard output and the rest on standard error', async () => {
    const only = ['--json', '--pairs', '1', '--only', 'queue_cycle_ratio'];
    const figures = JSON.parse(await runProgram(process.execPath, [MAIN, ...only]));
    expect(figures).toEqual({ queue_cycle_ratio: expect.any(Number) });
  });

  it('name those that there are when asked for another', async () => {
    const { exitCode, stderr } = await tryProgram(process.execPath, [MAIN, '--only', 'speed']);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/There is no benchmark speed.*health_200_ratio/s);
  });

  it('stop what they have started when they are interrupted', async () => {
    const child = spawn(process.execPath, [MAIN, '--only', 'health_200_ratio'], { stdio: 'pipe' });
    const ended = once(child, 'exit');
    await once(createInterface({ input: child.stderr }), 'line');
    child.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
    expect(readdirSync(tmpdir()).filter(name => name.startsWith('orch-bench-'))).toEqual([]);
  });

  it('take both sides by turns, and leave the first pair out', async () => {
    const order: string[] = [];
    const take = (side: string) => () => order.push(side);
    const context = { pairs: 2, directory: '', signal: new AbortController().signal };
    expect(await interleave(context, take('a'), take('b'))).toEqual({ ours: [4, 5], bare: [3, 6] });
    expect(order.join('')).toBe('abbaab');
  });

  it('compare pair by pair, and take the median', () => {
    const measured = { ours: [2, 30, 4], bare: [1, 10, 4] };
    const benchmark = { key: '', unit: 'ms', wanted: 1, measure: async () => measured } as const;
    expect(judge({ ...benchmark, compare: 'ratio' }, measured)).toBe(2);
    expect(judge({ ...benchmark, compare: 'difference' }, measured)).toBe(1);
    expect([median([3]), median([4, 1]), median([9, 1, 5])]).toEqual([3, 2.5, 5]);
  });
});
