import { shorten } from '../shared/text.ts';
import type { ProofVerdict } from '../store/proofs.ts';
import type { JournalEvent, TaskEvents } from '../task/events.ts';
import type { ProofView, TestsView } from './views.ts';

/** What has happened, as one line for people. Agents' words are among these. */
export function describeEvent(event: JournalEvent): string {
  switch (event.type) {
    case 'task:queued':
      return 'queued';
    case 'task:state':
      return `${event.data.from} → ${event.data.to}${event.data.reason ? `: ${event.data.reason}` : ''}`;
    case 'task:promoted':
      return 'waited long, so it has normal priority now';
    case 'task:waits':
      return event.data.reason ?? 'waits for no other task any more';
    case 'task:overlaps':
      return event.data.told.join(' ') || 'collides with nothing any more';
    case 'base:merged':
      return `merged its base ${event.data.base.slice(0, 10)}: ${event.data.head.slice(0, 10)}`;
    case 'run:claimed':
      return `taken by ${event.data.agent}${event.data.choice ? `: ${event.data.choice}` : ''}`;
    case 'run:prepared':
      return `workspace ready: ${event.data.branch} from ${event.data.base}`;
    case 'run:spawned':
      return event.data.pid === null
        ? 'a job is to carry it out'
        : `agent started, process ${event.data.pid}`;
    case 'run:stopping':
      return `agent is being stopped: ${event.data.why}`;
    case 'agent:state':
      return `the agent is ${event.data.state}${event.data.detail ? `: ${event.data.detail}` : ''}`;
    case 'run:done':
      return `the agent says it is done${event.data.summary ? `: ${event.data.summary}` : ''}`;
    case 'run:progress':
      return `the agent says: ${event.data.text}`;
    case 'run:ended':
      return `run ended: ${event.data.outcome}${event.data.reason ? `: ${event.data.reason}` : ''}`;
    case 'input:queued':
      return 'somebody has something to say to the agent';
    case 'input:arrived':
      return 'the agent has heard what was said';
    case 'task:question':
      return event.data.question === null
        ? 'the question is answered'
        : `the agent asks: ${event.data.question}`;
    case 'plan:changed':
      return describePlan(event.data);
    case 'budget:unknown':
      return `what ${event.data.model ?? 'its model'} costs is not known, so ${event.data.budget} can not be held`;
    case 'budget:warned':
      return `${event.data.spent} of ${event.data.budget} is spent`;
    case 'checkpoint:made':
      return `checkpoint ${event.data.checkpoint}: ${event.data.why}`;
    case 'task:rollback':
      return `${event.data.done ? 'rolled' : `${event.data.by} asks to roll`} back to checkpoint ${event.data.checkpoint}`;
    case 'branch:pushed':
      return `pushed ${event.data.head.slice(0, 10)}`;
    case 'branch:moved':
      return `somebody else pushed ${event.data.head.slice(0, 10)}`;
    case 'pull:opened':
      return `${event.data.draft ? 'draft ' : ''}pull request #${event.data.number}${event.data.url === null ? '' : `: ${event.data.url}`}`;
    case 'pull:state':
      return `pull request ${event.data.state}`;
    case 'pull:tested':
      return describeTests(event.data);
    case 'proof:asked':
      return `${event.data.by} asks for another proof`;
    case 'proof:done':
      return PROVED[event.data.verdict];
    case 'work:kept':
      return event.data.ref === null
        ? `what it left could not be kept: ${event.data.reason}`
        : `what it left is kept as ${event.data.ref}`;
    case 'workspace:removed':
      return 'workspace removed';
    default:
      return event satisfies never;
  }
}

function describePlan({ change, version, by }: TaskEvents['plan:changed']): string {
  const plan = `plan ${version}`;
  switch (change) {
    case 'made':
      return `${plan} is made`;
    case 'approved':
      return `${by} has approved ${plan}`;
    case 'void':
      return `the issue's text is not the one that ${plan} was made for`;
    default:
      return change satisfies never;
  }
}

const PROVED: Record<ProofVerdict, string> = {
  proven: 'its tests failed before, and pass now',
  unproven: 'nothing proves the change',
  broken: 'tests that passed before fail now',
  not_run: 'its tests could not be run',
};

/** What the tests show of a task's work, as one line for people. */
export function describeProof({ verdict, reason }: Pick<ProofView, 'verdict' | 'reason'>): string {
  return verdict === 'due' ? 'its tests run, on the base and on the work' : `${PROVED[verdict]}: ${reason}`;
}

/** How the tests of a pull request went, as one line for people. */
export function describeTests({
  verdict,
  command,
  reason,
}: Pick<TestsView, 'verdict' | 'command' | 'reason'>): string {
  const tests = `the tests (${shorten((command ?? '').replace(/\s+/g, ' '), 80)})`;
  switch (verdict) {
    case 'none':
      return 'no tests are run: .github/orch.yml names none (test)';
    case 'due':
      return `${tests} have not ended yet`;
    case 'passed':
      return `${tests} passed`;
    case 'failed':
      return `${tests} failed: ${reason}`;
    case 'not_run':
      return `${tests} were not run: ${reason}`;
    default:
      return verdict satisfies never;
  }
}
