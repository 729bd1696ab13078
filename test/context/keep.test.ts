import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFolder } from '../../src/context/folder.ts';
import { keepIn } from '../../src/context/keep.ts';
import { temporaryDirectory } from '../support/temporary.ts';

async function bench() {
  const home = await temporaryDirectory();
  const at = (path: string) => join(home.path, path);
  return {
    keep: keepIn(openFolder(home.path)),
    read: (path: string) => readFileSync(at(path), 'utf8'),
    edit: (path: string, text: string) => writeFileSync(at(path), text),
    names: (path = '') => readdirSync(at(path)).sort(),
    [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
  };
}

describe('a page', () => {
  it('is written anew above the line, and what people write below stays', async () => {
    await using b = await bench();
    expect(await b.keep.page('state.md', '# One\n')).toBe(true);
    expect(b.read('state.md')).toMatch(/^# One\n\n<!-- Orch writes what stands above .* -->\n$/);
    b.edit('state.md', `${b.read('state.md')}\nOurs.\n`);
    expect(await b.keep.page('state.md', '# Two\n\nmore')).toBe(true);
    expect(b.read('state.md')).toMatch(/^# Two\n\nmore\n\n<!-- .* -->\n\nOurs\.\n$/);
  });

  it('that people changed above the line stays, and the new one lies beside until they have put it right', async () => {
    await using b = await bench();
    await b.keep.page('state.md', '# One');
    const whole = b.read('state.md');
    b.edit('state.md', whole.replace('One', 'Mine'));
    expect(await b.keep.page('state.md', '# Two')).toBe(false);
    expect(b.read('state.md')).toBe(whole.replace('One', 'Mine'));
    expect(b.read('state.md.orch-new')).toBe('# Two\n');
    b.edit('state.md', whole);
    expect(await b.keep.page('state.md', '# Three')).toBe(true);
    expect(b.names()).toEqual(['state.md']);
  });
});

describe('notes', () => {
  it('are added once each, after whatever people made of the file', async () => {
    await using b = await bench();
    const note = (run: string) => ({ head: `## ${run}: `, text: `## ${run}: completed\n\n> said\n` });
    await b.keep.note('n.md', note('T1.1'));
    b.edit('n.md', `Mind: it hates tests.\n\n${b.read('n.md')}`);
    await b.keep.note('n.md', note('T1.1'));
    await b.keep.note('n.md', note('T1.11'));
    expect(b.read('n.md')).toBe(
      'Mind: it hates tests.\n\n## T1.1: completed\n\n> said\n\n## T1.11: completed\n\n> said\n',
    );
  });

  it('lose the oldest when there are too many', async () => {
    await using b = await bench();
    const long = `> ${'x'.repeat(100_000)}\n`;
    for (const run of ['T1.1', 'T2.1', 'T3.1'])
      await b.keep.note('n.md', { head: `## ${run}: `, text: `## ${run}: completed\n\n${long}` });
    expect(b.read('n.md').match(/^## .*/gm)).toEqual(['## T2.1: completed', '## T3.1: completed']);
  });
});

describe('the list of completed tasks', () => {
  it('holds each task once, and what people added', async () => {
    await using b = await bench();
    b.edit('c.json', '[{"task":"by hand"},null]');
    await b.keep.entry('c.json', { task: 'T1' });
    await b.keep.entry('c.json', { task: 'T2' });
    await b.keep.entry('c.json', { task: 'T1' });
    expect(JSON.parse(b.read('c.json'))).toEqual([{ task: 'by hand' }, null, { task: 'T2' }, { task: 'T1' }]);
  });

  it('that is no list any more stays, and another lies beside', async () => {
    await using b = await bench();
    b.edit('c.json', '{oops');
    expect(await b.keep.entry('c.json', { task: 'T1' })).toBe(false);
    expect(await b.keep.entry('c.json', { task: 'T2' })).toBe(false);
    expect(b.read('c.json')).toBe('{oops');
    expect(JSON.parse(b.read('c.json.orch-new'))).toEqual([{ task: 'T1' }, { task: 'T2' }]);
  });
});

describe('pruning', () => {
  it('removes the oldest outputs, and none that people wrote in, nor anything of theirs', async () => {
    await using b = await bench();
    for (const task of [2, 3, 10, 1000])
      await b.keep.page(`agent_outputs/task_${task}_output.md`, 'x'.repeat(1000));
    b.edit('project_overview.md', 'y'.repeat(5000));
    const second = 'agent_outputs/task_2_output.md';
    b.edit(second, `${b.read(second)}See also T1.\n`);
    await b.keep.prune(3000);
    expect(b.names('agent_outputs')).toEqual(['task_1000_output.md', 'task_2_output.md']);
    await b.keep.prune(0);
    expect(b.names('agent_outputs')).toEqual(['task_2_output.md']);
    expect(b.names()).toEqual(['agent_outputs', 'project_overview.md']);
  });
});
