import fc from 'fast-check';
import { z } from 'zod';
import { enqueue } from '../../../src/queue/enqueue.ts';
import { OrchError } from '../../../src/shared/errors.ts';
import { handling } from '../../github/handling.ts';
import { aRequest } from '../../support/tasks.ts';
import { mutated, pathsOf, setAt } from '../noise.ts';
import { type Surface, Violation } from '../surface.ts';

interface Delivery {
  event: string;
  payload: unknown;
}

const stranger = { id: 4040, login: 'stranger', type: 'User' };
const issue = {
  number: 42,
  title: 'It breaks',
  body: 'When pressed.',
  labels: [{ name: 'orch' }],
  user: stranger,
};
const common = {
  repository: { id: 7, full_name: 'acme/shop', default_branch: 'main' },
  installation: { id: 5 },
  sender: stranger,
};
const comment = (body: string) => ({
  ...common,
  action: 'created',
  issue,
  comment: { id: 9, body, user: stranger },
});
const checkRun = { id: 3, external_id: 'T1', name: 'orch', app: { id: 77 } };
const pull = {
  number: 8,
  html_url: 'https://github.test/8',
  state: 'open',
  head: { ref: 'orch/T1-x', sha: 'a'.repeat(40), repo: { id: 7 } },
};

/** What a stranger brings about on GitHub, as it is delivered. */
const DELIVERIES: Record<string, Delivery> = {
  'a comment that asks': { event: 'issue_comment.created', payload: comment('/orch fix it') },
  'a comment that cancels': { event: 'issue_comment.created', payload: comment('/orch cancel T1') },
  'a comment that retries': { event: 'issue_comment.created', payload: comment('/orch retry T1') },
  'a review that asks': {
    event: 'pull_request_review.submitted',
    payload: { ...common, pull_request: issue, review: { id: 9, body: '/orch fix it' } },
  },
  'a comment in a review that asks': {
    event: 'pull_request_review_comment.created',
    payload: { ...common, pull_request: issue, comment: { id: 9, body: '/orch fix it', in_reply_to_id: 8 } },
  },
  'a label': {
    event: 'issues.labeled',
    payload: { ...common, action: 'labeled', issue, label: { name: 'orch' } },
  },
  'a label taken off': {
    event: 'issues.unlabeled',
    payload: { ...common, action: 'unlabeled', issue, label: { name: 'orch' } },
  },
  'an assignment': {
    event: 'issues.assigned',
    payload: { ...common, issue, assignee: { id: 770, login: 'orch[bot]', type: 'Bot' } },
  },
  'an assignment taken back': {
    event: 'issues.unassigned',
    payload: { ...common, issue, assignee: { id: 770, login: 'orch[bot]', type: 'Bot' } },
  },
  'the button Cancel': {
    event: 'check_run.requested_action',
    payload: { ...common, check_run: checkRun, requested_action: { identifier: 'cancel' } },
  },
  'the button Re-run': { event: 'check_run.rerequested', payload: { ...common, check_run: checkRun } },
  'a pull request': {
    event: 'pull_request.opened',
    payload: {
      ...common,
      action: 'opened',
      pull_request: { ...pull, head: { ...pull.head, repo: { id: 666 } } },
    },
  },
};

/** Each part of each delivery, once gone and once something else. */
function named(): Record<string, Delivery> {
  const list: Record<string, Delivery> = {};
  const wrong: [string, unknown][] = [
    ['missing', undefined],
    ['null', null],
    ['a text', '../../x'],
  ];
  for (const [name, { event, payload }] of Object.entries(DELIVERIES)) {
    for (const path of pathsOf(payload)) {
      for (const [what, put] of wrong) {
        const copy = structuredClone(payload);
        setAt(copy, path, put);
        list[`${name}, ${path.join('.')} is ${what}`] = { event, payload: copy };
      }
    }
  }
  return list;
}

/** Deliveries of what a stranger did: GitHub knows no role of theirs, so nothing may change. */
export const payloads: Surface<Delivery> = {
  name: 'payloads',
  weight: 20,
  named: named(),
  arbitrary: fc
    .constantFrom(...Object.values(DELIVERIES))
    .chain(({ event, payload }) => mutated(payload).map(changed => ({ event, payload: changed }))),
  async open() {
    const app = handling({ role: 'none' });
    enqueue(
      app.store,
      aRequest({ source: 'label:42:first', instruction: 'an open task' }),
      app.clock.now(),
      10,
    );
    let count = 0;
    return {
      async feed({ event, payload }) {
        count += 1;
        try {
          // As it comes out of the inbox.
          await app.handleRaw(event, `delivery-${count}`, JSON.parse(JSON.stringify(payload ?? null)));
        } catch (error) {
          if (!(error instanceof z.ZodError || error instanceof OrchError)) throw error;
        }
        const tasks = app.store.tasks.list(10);
        if (tasks.length !== 1 || tasks[0]?.state !== 'queued' || tasks[0].epoch !== 0) {
          throw new Violation('grant', `tasks are now ${JSON.stringify(tasks)}`);
        }
      },
      async [Symbol.asyncDispose]() {
        app[Symbol.dispose]();
      },
    };
  },
};
