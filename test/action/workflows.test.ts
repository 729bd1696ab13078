import { registerHooks } from 'node:module';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { TAKES } from '../../src/action/inputs.ts';
import { filesUnder, textOf } from '../structure/source.ts';

// GitHub's parser imports its schemas without the attribute that Node wants for JSON.
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    return specifier.endsWith('.json') ? { ...found, importAttributes: { type: 'json' } } : found;
  },
});
const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await import(
  '@actions/workflow-parser'
);
const { parseAction } = await import('@actions/workflow-parser/actions/action-parser');
const trace = new NoOperationTraceWriter();
const workflows = filesUnder('docs/workflows');
const run = textOf('docs/workflows/run.yml');
const action = textOf('action/action.yml');

interface Job {
  steps: { uses: string; with?: Record<string, string> }[];
}

/** What GitHub's own schema and parser find wrong with a workflow, its expressions included. */
async function workflowFaults(content: string): Promise<string[]> {
  const { context, value } = parseWorkflow({ name: 'workflow.yml', content }, trace);
  if (value) await convertWorkflowTemplate(context, value);
  return context.errors.getErrors().map(({ message }) => message);
}

function actionFaults(content: string): string[] {
  const { context } = parseAction({ name: 'action.yml', content }, trace);
  return context.errors.getErrors().map(({ message }) => message);
}

it.each([...workflows, ...filesUnder('.github/workflows')])(
  '$path is a workflow for GitHub',
  async ({ text }) => {
    expect(await workflowFaults(text)).toEqual([]);
  },
);

describe('the workflows in the documentation', () => {
  it.each(workflows)('let the token do nothing that is not said: $path', ({ text }) => {
    expect(text).toMatch(/^permissions: \{\}$/m);
  });

  it.each(workflows)('give the Action what its mode takes: $path', ({ text }) => {
    for (const job of Object.values<Job>(parse(text).jobs))
      for (const { uses, with: given = {} } of job.steps) {
        if (uses.startsWith('actions/')) continue;
        const takes: readonly string[] = TAKES[(given.mode ?? 'run') as keyof typeof TAKES];
        expect(uses).toBe('your-org/orch/action@v1');
        expect(takes).toEqual(expect.arrayContaining(Object.keys(given).filter(name => name !== 'mode')));
      }
  });

  it.each([
    ['queue: max', 'queue: all'],
    ['github.repository)', 'github.repo sitory)'],
    ['checks: write', 'check: write'],
    ['startsWith(', 'beginsWith('],
    ['github.event.issue', 'secrets.issue'],
  ])('would be seen to be wrong: %s, written %s', async (right, wrong) => {
    expect(run).toContain(right);
    expect(await workflowFaults(run.replace(right, wrong))).not.toEqual([]);
  });
});

describe('action.yml', () => {
  it('is one for GitHub', () => {
    expect(actionFaults(action)).toEqual([]);
    expect(actionFaults(action.replace('post-if', 'after-if'))).not.toEqual([]);
  });
});
