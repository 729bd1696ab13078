import type { CheckRun } from '../model.ts';
import { hasRole } from '../world.ts';
import { type Html, html } from './html.ts';
import { markdown } from './markdown.ts';
import { back, field, type RepositoryVisit } from './visit.ts';

/** What a check run's conclusion means to people, and its sign. */
const SIGNS: Record<string, [kind: string, sign: string]> = {
  success: ['good', '✓'],
  failure: ['bad', '✕'],
  timed_out: ['bad', '✕'],
  action_required: ['warn', '!'],
  cancelled: ['quiet', '⊘'],
  neutral: ['quiet', '–'],
  skipped: ['quiet', '–'],
  in_progress: ['busy', '●'],
  queued: ['quiet', '○'],
  pending: ['quiet', '○'],
};

/** The check runs of a commit, newest first, with the buttons that the App put on them. */
export function checks(visit: RepositoryVisit, sha: string): Html {
  const runs = checksOf(visit, sha);
  if (runs.length === 0) return html`<p class="muted">No checks on <code>${sha.slice(0, 7)}</code> yet.</p>`;
  return html`${runs.map(run => checkCard(visit, run))}`;
}

export function checksOf({ repository }: Pick<RepositoryVisit, 'repository'>, sha: string): CheckRun[] {
  return [...repository.checkRuns.values()].filter(run => run.headSha === sha).reverse();
}

/** What is on its way, or has come to an end: a check run, a workflow run, one of its jobs or steps. */
interface Progress {
  status: string;
  conclusion: string | null;
}

/** `success`, `in progress`: the conclusion, or as long as there is none the status. */
export function outcome({ status, conclusion }: Progress): string {
  return (conclusion ?? status).replaceAll('_', ' ');
}

export function badge(progress: Progress): Html {
  const [kind, sign] = SIGNS[progress.conclusion ?? progress.status] ?? ['quiet', '–'];
  return html`<span class="check ${kind}"><span aria-hidden="true">${sign}</span> ${outcome(progress)}</span>`;
}

function checkCard(visit: RepositoryVisit, run: CheckRun): Html {
  const { title, summary, text } = run.output;
  const path = `/${visit.name}`;
  return html`<article class="card" id="check-${run.id}" aria-label="Check run ${run.name}">
<header>${badge(run)} <strong>${run.name}</strong> ${title && html`<span>${title}</span>`}</header>
${summary && html`<div class="prose">${markdown(summary, path)}</div>`}
${text && html`<details><summary>Details</summary><div class="prose">${markdown(text, path)}</div></details>`}
${notes(run)}
${run.suite.app === visit.world.app ? buttons(visit, run) : workflowRunLink(visit, run)}
</article>`;
}

/** The annotations of a check run. */
export function notes({ annotations }: CheckRun): Html | null {
  if (annotations.length === 0) return null;
  return html`<ul class="notes">${annotations.map(
    note =>
      html`<li><strong>${note.annotation_level}</strong> <code>${note.path}:${note.start_line}</code> ${note.message}</li>`,
  )}</ul>`;
}

/** A job of a workflow run is a check run, too. */
function workflowRunLink({ world, name }: RepositoryVisit, { suite }: CheckRun): Html | null {
  const run = [...world.workflows.runs.values()].find(one => one.suite === suite);
  return run ? html`<p><a href="/${name}/actions/runs/${run.id}">Workflow run</a></p>` : null;
}

function buttons(visit: RepositoryVisit, run: CheckRun): Html {
  if (!hasRole(visit.repository, visit.user, 'write')) {
    return html`<p class="muted small">Acting on checks needs the role write.</p>`;
  }
  const action = `/${visit.name}/checks/${run.id}`;
  return html`<form class="row" method="post" action="${action}">
<input type="hidden" name="back" value="${visit.path}#check-${run.id}">
${run.actions.map(
  ({ identifier, label, description }) =>
    html`<button name="action" value="${identifier}" title="${description}">${label}</button>`,
)}
<button name="rerun" value="yes">Re-run</button>
</form>`;
}

export async function postCheck(visit: RepositoryVisit): Promise<string> {
  const { simulator, name, user, params } = visit;
  const action = field(visit, 'action');
  if (action) await simulator.clickCheckAction(name, Number(params.run), action, user.login);
  else await simulator.rerequestCheck(name, Number(params.run), user.login);
  return back(visit);
}
