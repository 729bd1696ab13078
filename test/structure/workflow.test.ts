import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { filesUnder } from './source.ts';

/** The jobs that may do more than read, with what their tokens are for. */
const MORE = { '.github/workflows/release.yml': { tag: { contents: 'write' } } } as Record<string, unknown>;

describe.each(filesUnder('.github/workflows'))('$path', ({ path, text }) => {
  const { permissions, jobs } = parse(text) as {
    permissions: object;
    jobs: Record<string, { permissions?: object; steps: { with?: object }[] }>;
  };

  it('may read the contents of the repository and nothing else, but for the job that is known to', () => {
    expect(permissions).toEqual({ contents: 'read' });
    const more = Object.entries(jobs).flatMap(([name, job]) =>
      job.permissions ? [[name, job.permissions]] : [],
    );
    expect(Object.fromEntries(more)).toEqual(MORE[path] ?? {});
  });

  it('leaves no token in a checkout', () => {
    const checkouts = [...text.matchAll(/uses: actions\/checkout@/g)].length;
    const kept = Object.values(jobs).flatMap(({ steps }) => steps.filter(step => step.with));
    expect(kept.map(step => step.with)).toEqual(
      Array(checkouts).fill(expect.objectContaining({ 'persist-credentials': false })),
    );
  });

  it('uses actions by commit, as tags can be moved', () => {
    const used = [...text.matchAll(/uses: *(\S+)/g)].map(([, action]) => action);
    expect(used.filter(action => !/@[0-9a-f]{40}$/.test(action ?? ''))).toEqual([]);
  });
});
