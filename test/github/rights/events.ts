import type { TaskState } from '../../../src/task/states.ts';
import { SELF } from '../handling.ts';
import type { Command, Happening } from './expected.ts';

/** A delivery as GitHub sends it, without sender and place, and what there is before it comes. */
export interface Event {
  name: string;
  payload: Record<string, unknown>;
  /** The task that is there: its source, and how it stands when it is not queued. */
  task?: { source: string; state?: TaskState; has?: 'plan' | 'proof' };
  pullOf?: 'repository' | 'fork';
  isLocked?: boolean;
}

const ISSUE = { number: 42, title: 'It breaks', body: 'When pressed.', labels: [{ name: 'orch' }] };
const PULL = { ...ISSUE, pull_request: {} };
const REVIEWED = { ...ISSUE, head: { sha: 'abc' } };
const SOMEBODY = { id: 55, login: 'ben', type: 'User' };
const ITSELF = { id: SELF.userId, login: SELF.login, type: 'Bot' };

const TEXT: Record<Command, string> = {
  run: '/orch fix it',
  say: '/orch say use the other one',
  pause: '/orch pause',
  resume: '/orch resume',
  cancel: '/orch cancel',
  retry: '/orch retry',
  rollback: '/orch rollback T1 1',
  approve: '/orch approve',
  prove: '/orch prove',
  status: '/orch status',
  help: '/orch help',
  nonsense: '/orch cancle',
};

/** The delivery of an event; of comments, with this command in it. */
export function eventOf(happening: Happening, command: Command): Event {
  const body = { id: 5, body: TEXT[command] };
  const state = ({ retry: 'failed', resume: 'paused' } as const)[command as string];
  const has = ({ approve: 'plan', prove: 'proof' } as const)[command as string];
  const task = { source: 'comment:1:0', ...(state && { state }), ...(has && { has }) };
  const comment = (action: string, issue: object, more: Partial<Event> = {}): Event => ({
    name: `issue_comment.${action}`,
    payload: { issue, comment: body },
    task,
    ...more,
  });
  const lineComment = (action: string): Event => ({
    name: `pull_request_review_comment.${action}`,
    payload: { pull_request: REVIEWED, comment: body },
    task,
    pullOf: 'repository',
  });
  const review = (action: string): Event => ({
    name: `pull_request_review.${action}`,
    payload: {
      pull_request: REVIEWED,
      review: { ...body, state: 'commented', html_url: 'https://github.test/r' },
    },
    task,
    pullOf: 'repository',
  });
  const label = (action: string, name: string, issue: object = ISSUE): Event => ({
    name: `issues.${action}`,
    payload: { issue, label: { name } },
    ...(action === 'unlabeled' && { task: { source: 'label:42:d0' } }),
  });
  const assignment = (action: string, assignee: object): Event => ({
    name: `issues.${action}`,
    payload: { issue: ISSUE, assignee },
    ...(action === 'unassigned' && { task: { source: 'assigned:42:d0' } }),
  });
  const button = (name: string, identifier: string | null, state?: TaskState, id = 'T1'): Event => ({
    name: `check_run.${name}`,
    payload: {
      check_run: { id: 9, external_id: id },
      requested_action: identifier === null ? null : { identifier },
    },
    task: { source: 'comment:1:0', ...(state && { state }) },
  });
  switch (happening) {
    case 'a new comment on an issue':
      return comment('created', ISSUE);
    case 'a new comment on a closed issue':
      return comment('created', { ...ISSUE, state: 'closed' });
    case 'a new comment on a locked issue, where answers are refused':
      return comment('created', { ...ISSUE, locked: true }, { isLocked: true });
    case 'a new comment on a pull request':
      return comment('created', PULL, { pullOf: 'repository' });
    case 'a new comment on a pull request from a fork':
      return comment('created', PULL, { pullOf: 'fork' });
    case 'an edited comment':
      return comment('edited', ISSUE);
    case 'a deleted comment':
      return comment('deleted', ISSUE);
    case 'a new comment in a review':
      return lineComment('created');
    case 'an edited comment in a review':
      return lineComment('edited');
    case 'a review with a text':
      return review('submitted');
    case 'an edited or dismissed review':
      return review('edited');
    case 'the label `orch` is set':
      return label('labeled', 'orch');
    case 'a label for an agent is set':
      return label('labeled', 'orch:good');
    case 'the label `orch` is set on a closed issue':
      return label('labeled', 'orch', { ...ISSUE, state: 'closed' });
    case 'another label is set':
      return label('labeled', 'bug');
    case 'the label `orch` is taken off':
      return label('unlabeled', 'orch');
    case 'another label is taken off':
      return label('unlabeled', 'bug');
    case 'the App is assigned':
      return assignment('assigned', ITSELF);
    case 'somebody else is assigned':
      return assignment('assigned', SOMEBODY);
    case 'the App’s assignment is taken back':
      return assignment('unassigned', ITSELF);
    case 'somebody else’s assignment is taken back':
      return assignment('unassigned', SOMEBODY);
    case 'an issue is opened with a command in its text':
      return { name: 'issues.opened', payload: { issue: { ...ISSUE, body: '/orch fix it' } } };
    case 'the button Cancel':
      return button('requested_action', 'cancel');
    case 'the button Pause':
      return button('requested_action', 'pause');
    case 'the button Resume':
      return button('requested_action', 'resume', 'paused');
    case 'the button Retry':
      return button('requested_action', 'retry', 'failed');
    case 'the button Re-run':
      return button('rerequested', null, 'failed');
    case 'a button for a task of another repository':
      return button('requested_action', 'cancel', undefined, 'T2');
    default:
      return happening satisfies never;
  }
}
