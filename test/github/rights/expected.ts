/**
 * Who may do what, as it is meant: written by hand, and told in docs/security.md. permissions.test.ts holds Orch to it.
 */

/** `refused`: told so, once. `ignored`: not even that. `later`: nothing is done, and the delivery is tried again. */
export type Standing = 'yes' | 'refused' | 'ignored' | 'later';

export const PEOPLE = {
  'a person without access': 'refused',
  'read access': 'refused',
  'triage access': 'refused',
  'write access': 'yes',
  'maintain access': 'yes',
  'admin access': 'yes',
  'an outside collaborator with read access': 'refused',
  'an outside collaborator with write access': 'yes',
  'a custom role that amounts to write': 'yes',
  'a custom role that amounts to triage': 'refused',
  'a custom role that is called admin and amounts to read': 'refused',
  'write access, where `minimum` is maintain': 'refused',
  'maintain access, where `minimum` is maintain': 'yes',
  'a custom role that amounts to maintain, where `minimum` is maintain': 'yes',
  'a member of a team in `teams`, with write access, where `minimum` is maintain': 'yes',
  'a member of another team': 'refused',
  'someone invited to a team in `teams`': 'refused',
  'a member of a team in `teams`, with triage access, where the floor is write': 'refused',
  'a member of a team in `teams`, with triage access, where the floor is triage': 'yes',
  'a member of a team in `teams`, where the App may not ask': 'refused',
  'someone in `users`, in other letters, with write access, where `minimum` is maintain': 'yes',
  'someone in `users` with read access': 'refused',
  'triage access, where `minimum` is triage and the floor is write': 'refused',
  'triage access, where `minimum` and the floor are triage': 'yes',
  'a bot': 'ignored',
  'a bot whose number is in `policies.bots`': 'yes',
  'a bot with the name of one whose number is in `policies.bots`': 'ignored',
  'a person whose number is in `policies.bots`': 'refused',
  'Orch itself': 'ignored',
  'Orch itself, with its number in `policies.bots`': 'ignored',
  'Orch in the name of somebody with write access': 'ignored',
  'a suspended person': 'refused',
  'a deleted person, whom GitHub calls ghost': 'refused',
  'someone with write access who has a new login': 'yes',
  'someone in `users` under the login that was changed': 'refused',
  'a person without access, whose old login has gone to someone with admin access': 'refused',
  'someone with write access, while GitHub refuses to tell': 'refused',
  'someone with write access, while GitHub is away': 'later',
  'someone with admin access, in a repository that the server does not allow': 'ignored',
} satisfies Record<string, Standing>;

export type Who = keyof typeof PEOPLE;

export type Effect =
  | 'starts'
  | 'tells'
  | 'pauses'
  | 'resumes'
  | 'cancels'
  | 'retries'
  | 'approves'
  | 'proves'
  | 'answers'
  | 'nothing';

/** What somebody writes: what it does in a new comment. `nonsense` is a mistyped sub-command. */
const COMMANDS = {
  run: 'starts',
  say: 'tells',
  pause: 'pauses',
  resume: 'resumes',
  cancel: 'cancels',
  retry: 'retries',
  rollback: 'pauses',
  approve: 'approves',
  prove: 'proves',
  status: 'answers',
  help: 'answers',
  nonsense: 'answers',
} satisfies Record<string, Effect>;

export type Command = keyof typeof COMMANDS;

const NO_COMMANDS = Object.fromEntries(Object.keys(COMMANDS).map(name => [name, 'nothing'])) as Record<
  Command,
  Effect
>;

/** Of each event: what it does when it comes from someone who may. One effect for all commands, or one for each. */
export const EVENTS = {
  'a new comment on an issue': COMMANDS,
  'a new comment on a closed issue': COMMANDS,
  'a new comment on a locked issue, where answers are refused': COMMANDS,
  'a new comment on a pull request': COMMANDS,
  'a new comment on a pull request from a fork': { ...COMMANDS, run: 'answers' },
  'an edited comment': NO_COMMANDS,
  'a deleted comment': NO_COMMANDS,
  'a review with a text': COMMANDS,
  'a new comment in a review': COMMANDS,
  'an edited comment in a review': 'nothing',
  'an edited or dismissed review': 'nothing',
  'the label `orch` is set': 'starts',
  'a label for an agent is set': 'starts',
  'the label `orch` is set on a closed issue': 'starts',
  'another label is set': 'nothing',
  'the label `orch` is taken off': 'cancels',
  'another label is taken off': 'nothing',
  'the App is assigned': 'starts',
  'somebody else is assigned': 'nothing',
  'the App’s assignment is taken back': 'cancels',
  'somebody else’s assignment is taken back': 'nothing',
  'an issue is opened with a command in its text': 'nothing',
  'the button Cancel': 'cancels',
  'the button Pause': 'pauses',
  'the button Resume': 'resumes',
  'the button Retry': 'retries',
  'the button Re-run': 'retries',
  'a button for a task of another repository': 'nothing',
} satisfies Record<string, Effect | Record<Command, Effect>>;

export type Happening = keyof typeof EVENTS;

/** Of these GitHub tells through which App they were written. */
export const SIGNED: ReadonlySet<Happening> = new Set<Happening>([
  'a new comment on an issue',
  'a new comment on a closed issue',
  'a new comment on a locked issue, where answers are refused',
  'a new comment on a pull request',
  'a new comment on a pull request from a fork',
  'an edited comment',
  'a deleted comment',
]);

/** A refusal is told in the thread where there is one that asks; buttons, and taking back, have none. */
export const TOLD: ReadonlySet<Happening> = new Set<Happening>([
  'a new comment on an issue',
  'a new comment on a closed issue',
  'a new comment on a locked issue, where answers are refused',
  'a new comment on a pull request',
  'a new comment on a pull request from a fork',
  'a review with a text',
  'a new comment in a review',
  'the label `orch` is set',
  'a label for an agent is set',
  'the label `orch` is set on a closed issue',
  'the App is assigned',
]);
