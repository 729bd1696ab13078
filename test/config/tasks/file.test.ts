import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readTaskFile } from '../../../src/config/tasks/file.ts';
import { OrchError } from '../../../src/shared/errors.ts';

const order = (text: string) => readTaskFile(text).map(({ name }) => name);

function problem(text: string): string {
  try {
    readTaskFile(text);
  } catch (error) {
    if (error instanceof OrchError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'none';
}

describe('a task file', () => {
  it('holds one task, with all that may be said of one', () => {
    const [task, ...others] = readTaskFile(`
id: task_001
description: |
  Write the reader.
  It takes CSV.
priority: 0
preferred_agent: claude
timeout_minutes: 45
context_required: true
context_files: [docs/format.md]
subtasks: []
dependencies: [T12, task_013]
created_at: 2026-11-28T10:00:00Z
`);
    expect(others).toEqual([]);
    expect(task).toEqual({
      name: 'task_001',
      instruction: 'Write the reader.\nIt takes CSV.',
      options: { agent: 'claude', priority: 'high', timeoutSeconds: 2700, after: [12, 13] },
      contextFiles: ['docs/format.md'],
      needs: [],
      parent: null,
    });
  });

  it('holds a list, plain or under `tasks`, and gives each task after those that it needs', () => {
    const list = `
- { id: ship, description: ship it, dependencies: [test, 2] }
- { id: test, description: test it, dependencies: [build] }
- { id: build, description: build it, priority: low }
- { id: 2, description: write the notes }
- description: on its own
`;
    expect(order(list)).toEqual(['build', 'test', '2', 'ship', '#5']);
    expect(order(`tasks:\n${list.replaceAll(/^/gm, '  ')}`)).toEqual(order(list));
    expect(readTaskFile(list).at(3)).toMatchObject({ name: 'ship', needs: ['test', '2'], options: {} });
  });

  it('has subtasks in their parent or by name: it needs them, they begin after what it depends on, as it says', () => {
    const tasks = readTaskFile(`
- id: site
  description: build the site
  preferred_agent: codex
  priority: high
  dependencies: [design, T3]
  subtasks:
    - description: write the pages
      id: pages
      priority: low
    - { id: style, description: style the pages, dependencies: [pages] }
    - deploy
- { id: deploy, description: deploy it, preferred_agent: claude }
- { id: design, description: design it }
`);
    const seen = tasks.map(({ name, parent, needs, options }) => ({ name, parent, needs, ...options }));
    expect(seen).toEqual([
      { name: 'design', parent: null, needs: [] },
      { name: 'pages', parent: 'site', needs: ['design'], agent: 'codex', priority: 'low', after: [3] },
      {
        name: 'style',
        parent: 'site',
        needs: ['pages', 'design'],
        agent: 'codex',
        priority: 'high',
        after: [3],
      },
      { name: 'deploy', parent: 'site', needs: ['design'], agent: 'claude', priority: 'high', after: [3] },
      {
        ...{ name: 'site', parent: null, needs: ['design', 'pages', 'style', 'deploy'] },
        ...{ agent: 'codex', priority: 'high', after: [3] },
      },
    ]);
  });

  it.each([
    ['', 'line 1: `description`: expected string'],
    ['tasks: []', 'line 1: `tasks`: too small'],
    ['description: ""', 'line 1: `description`: too small'],
    [
      'description: a\nprefered_agent: claude',
      'line 2: `prefered_agent`: unknown setting; did you mean `preferred_agent`?',
    ],
    ['- description: a\n  depends: b', 'line 2: `0.depends`: unknown setting'],
    [
      'tasks:\n  - id: a\n    description: a\n    subtasks:\n      - descripton: b',
      'line 5: `tasks.0.subtasks.0.descripton`: unknown setting; did you mean `description`?',
    ],
    ['description: a\npriority: urgent', 'line 2: `priority`: must be high, normal or low, or 0, 1 or 2'],
    ['description: a\nid: a b', 'line 2: `id`: must be a name such as build'],
    ['description: a\ntimeout_minutes: 0', 'line 2: `timeout_minutes`: too small'],
    ['tasks: 3', 'line 1: `tasks`: expected array'],
    ['- {id: a, description: a}\n- {id: a, description: b}', 'line 2: `1.id`: `a` is there twice'],
    [
      '- {id: build, description: a}\n- {description: b, dependencies: [biuld]}',
      'line 2: `1.dependencies.0`: no task here is called `biuld`; did you mean `build`?',
    ],
    [
      'description: a\nsubtasks: [b]',
      'line 2: `subtasks.0`: no task here is called `b`; tasks that Orch has already are named like T12',
    ],
    ['- {id: a, description: a, dependencies: [7]}', 'no task here is called `7`'],
    [
      '- {id: a, description: a, subtasks: [c]}\n- {id: b, description: b, subtasks: [c]}\n- {id: c, description: c}',
      'line 2: `1.subtasks`: `c` is a subtask of `a` already',
    ],
    ['description: [', 'line 1: '],
  ])('%j is refused with its line', (text, message) => {
    expect(problem(text)).toContain('E_TASK_FILE: ');
    expect(problem(text)).toContain(message);
  });

  it.each([
    ['- {id: a, description: a, dependencies: [a]}', 'a → a'],
    [
      '- {id: a, description: a, dependencies: [b]}\n- {id: b, description: b, dependencies: [c]}\n- {id: c, description: c, dependencies: [b]}',
      'b → c → b',
    ],
    ['id: a\ndescription: a\nsubtasks:\n  - {id: b, description: b, dependencies: [a]}', 'a → b → a'],
    ['- {id: a, description: a, subtasks: [b]}\n- {id: b, description: b, subtasks: [a]}', 'a → b → a'],
    [
      '- {id: a, description: a, dependencies: [x], subtasks: [b]}\n- {id: b, description: b}\n- {id: x, description: x, dependencies: [b]}',
      'x → b → x',
    ],
  ])('%j is refused with the cycle', (text, way) => {
    expect(problem(text)).toBe(`E_CYCLE: These tasks wait for each other: ${way}`);
  });

  it('of any shape is in order, or is refused for a cycle that is there', () => {
    const edges = fc.array(fc.tuple(fc.nat(11), fc.nat(11)), { maxLength: 20 });
    fc.assert(
      fc.property(edges, pairs => {
        const needs = (n: number) => [
          ...new Set(pairs.flatMap(([from, to]) => (from === n ? [`t${to}`] : []))),
        ];
        const tasks = Array.from({ length: 12 }, (_, n) => ({
          id: `t${n}`,
          description: `do ${n}`,
          dependencies: needs(n),
        }));
        const text = stringify(tasks);
        const [, way] = /: (t.*)$/.exec(problem(text)) ?? [];
        if (way === undefined) {
          const names = order(text);
          expect(names.toSorted()).toEqual(tasks.map(({ id }) => id).toSorted());
          for (const { id, dependencies } of tasks)
            for (const needed of dependencies) expect(names.indexOf(needed)).toBeLessThan(names.indexOf(id));
        } else {
          const steps = way.split(' → ');
          expect(steps.at(-1)).toBe(steps[0]);
          for (const [index, step] of steps.slice(1).entries())
            expect(needs(Number(steps[index]?.slice(1)))).toContain(step);
        }
      }),
    );
  });
});
