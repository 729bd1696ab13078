import { quoteOf } from '../choice/quote.ts';
import { type Budgets, budgetOf } from '../config/budgets.ts';
import { existing, pause, resume } from '../queue/change.ts';
import type { Amount } from '../shared/amounts.ts';
import type { Clock } from '../shared/clock.ts';
import { OrchError } from '../shared/errors.ts';
import { stripInvisible } from '../shared/invisible.ts';
import type { Store } from '../store/open.ts';
import { isWaiting, type Plan, questionOf } from '../store/plans.ts';
import { type Run, runName, type Task, taskName } from '../task/glossary.ts';
import { isFinal } from '../task/states.ts';

export interface PlansOptions {
  store: Store;
  clock: Clock;
  budgets: Budgets;
  /** Takes secrets out of what is kept. */
  redact(text: string): string;
}

/** What an agent says that it would do. */
export interface ToldPlan {
  text: string;
  files: readonly string[];
  risk: string | null;
}

/** Who approves, and what all that follows may take; null: what the quote says. */
export interface Approval {
  by: string;
  budget: Amount | null;
}

export type Plans = ReturnType<typeof openPlans>;

/** Plans are made by runs, approved by people, and void when the issue's text is not the one that they were made for. */
export function openPlans({ store, clock, budgets, redact }: PlansOptions) {
  function changed(task: number, change: 'made' | 'approved' | 'void', by: string | null): void {
    const { version } = store.plans.get(task) as Plan;
    store.journal.append(clock.now(), task, 'plan:changed', { change, version, by });
  }

  function ask(task: Task, plan: Plan): void {
    const question = questionOf(plan);
    store.tasks.update(task.id, task.epoch, { question, updatedAt: clock.now() });
    store.journal.append(clock.now(), task.id, 'task:question', { question });
  }

  return {
    /** The run's plan is there: people are asked, and its task waits for them. Errors: E_RUN_ENDED, E_PLAN. */
    make(run: Run, told: ToldPlan): void {
      store.transaction(() => {
        const task = existing(store, run.task);
        const name = runName(run.task, run.number);
        if (task.epoch !== run.epoch || isFinal(task.state))
          throw new OrchError('E_RUN_ENDED', `${name} is over`);
        if (!store.plans.isMaking(run.task))
          throw new OrchError('E_PLAN', `${name} is to do the work, and no plan`, {
            remedy: 'Commit, push, open the pull request, and say `orch done`.',
          });
        const clean = (text: string) => redact(stripInvisible(text)).trim();
        const quote = quoteOf(store, task, run.profile, clock.now());
        const cap = budgetOf({ usd: quote.capUsd, tokens: null }, null, budgets.task);
        store.plans.make(
          task.id,
          {
            text: clean(told.text),
            files: told.files.map(clean),
            risk: told.risk && clean(told.risk),
            quote: { ...quote, capUsd: cap.budgetUsd },
          },
          clock.now(),
        );
        changed(task.id, 'made', name);
        ask(task, store.plans.get(task.id) as Plan);
        // Where a pull request is open, the run's own end says that it is over.
        if (task.pull === null) store.runs.update(run, { doneAt: clock.now() });
      });
    },

    /** Has the plan carried out, within a budget. Errors: E_UNKNOWN_TASK, E_PLAN. */
    approve(id: number, { by, budget }: Approval): Task {
      return store.transaction(() => {
        const task = existing(store, id);
        const plan = requireOpen(task, store.plans.get(id));
        const capUsd = plan.quote?.capUsd ?? null;
        const granted = budget ?? { usd: capUsd, tokens: task.budgetTokens };
        store.plans.approve(id, by, clock.now());
        changed(id, 'approved', by);
        store.journal.append(clock.now(), id, 'task:question', { question: null });
        const patch = {
          ...budgetOf(granted, null, budgets.task),
          budgetFrom: task.runs,
          budgetWarned: false,
        };
        store.tasks.update(id, task.epoch, { ...patch, question: null });
        return resume(store, id, clock.now());
      });
    },

    /**
     * The issue reads so now. Where a plan was made for another text it can't be approved, and an approval whose work has not
     * begun is void: the task waits again. False in that case, else true.
     */
    compare(id: number, issue: { title: string; body: string | null }): boolean {
      return store.transaction(() => {
        const task = existing(store, id);
        const plan = store.plans.get(id);
        // The text of a pull request is its agent's, and Orch's.
        if (plan === null || isFinal(task.state) || task.onPullRequest) return true;
        const isStale = issue.title !== task.issueTitle || (issue.body ?? '') !== task.issueBody;
        if (isWaiting(task, plan)) {
          if (store.plans.setStale(id, isStale)) changed(id, isStale ? 'void' : 'made', null);
          return true;
        }
        if (!isStale || plan.approvedAt === null || hasBegun(store, plan)) return true;
        const paused = pause(store, id, 'the issue changed after its plan was approved', null, clock.now());
        store.plans.withdraw(id);
        store.plans.setStale(id, true);
        changed(id, 'void', null);
        ask(paused, plan);
        return false;
      });
    },
  };
}

/** An agent has been started on what was approved. */
export function hasBegun(store: Store, { task, approvedAt }: Plan): boolean {
  if (approvedAt === null) return false;
  return store.runs.ofTask(task).some(run => run.spawnedAt !== null && run.startedAt >= approvedAt);
}

function requireOpen(task: Task, plan: Plan | null): Plan {
  const name = taskName(task.id);
  if (plan === null) throw new OrchError('E_PLAN', `${name} has no plan that is to be approved`);
  if (plan.approvedAt !== null)
    throw new OrchError('E_PLAN', `The plan of ${name} was approved before, by ${plan.approvedBy}`);
  if (!isWaiting(task, plan))
    throw new OrchError('E_PLAN', `${name} has no plan yet that waits for approval: it is ${task.state}`);
  if (plan.isStale)
    throw new OrchError('E_PLAN', `The issue's text changed after the plan of ${name} was made`, {
      remedy: `Have a new one made: /orch say ${name} make the plan anew.`,
    });
  return plan;
}
