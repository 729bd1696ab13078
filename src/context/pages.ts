import { isoTime } from '../shared/clock.ts';
import { stripInvisible } from '../shared/invisible.ts';
import { shorten } from '../shared/text.ts';
import { type Run, runName, type Task, taskName } from '../task/glossary.ts';

/** What is known of a task when one of its runs has ended. */
export interface Story {
  task: Task;
  /** Oldest first. */
  runs: readonly Run[];
  /** As the last run said with `orch done`. */
  summary: string | null;
  /** What its agent printed last. */
  words: string | null;
  /** How the tests of its pull request went, in one line; null while, or where, none were run. */
  tests: string | null;
  /** Null when they can't be told. */
  files: readonly string[] | null;
}

/** Of one text by an agent or person (characters). */
const MOST_TEXT = 16_000;
const MOST_FILES = 200;

/** `agent_outputs/task_001_output.md`. */
export function outputFile(task: number): string {
  return `agent_outputs/task_${String(task).padStart(3, '0')}_output.md`;
}

/** What came of a task. Words of agents stand in quotations: no line of theirs can pass for one of Orch's. */
export function outputPage({ task, runs, summary, words, tests, files }: Story): string {
  const last = runs.at(-1);
  const facts = [
    ['Status', task.reason === null ? task.state : `${task.state}: ${oneLine(task.reason)}`],
    ['Agent', last ? `${agentOf(last)}, in run ${runName(last.task, last.number)}` : 'none'],
    ['Ended', last?.endedAt ? isoTime(last.endedAt) : isoTime(task.updatedAt)],
    ['Branch', task.branch ? inCode(task.branch) : 'none'],
    ['Pull request', task.pull === null ? 'none' : `#${task.pull}${task.pullUrl ? `, ${task.pullUrl}` : ''}`],
    ...(tests ? [['Tests', inCode(tests)]] : []),
  ];
  const changed = files === null ? 'They can not be told.' : fileList(files);
  return [
    `# ${taskName(task.id)}: ${heading(task.instruction)}`,
    facts.map(([name, value]) => `- ${name}: ${value}`).join('\n'),
    `## What was asked\n\n${quoted(task.instruction)}`,
    `## Files modified\n\n${changed}`,
    ...(summary ? [`## Summary\n\n${quoted(summary)}`] : []),
    ...(words ? [`## What the agent said last\n\n${quoted(words)}`] : []),
    ...(runs.length > 1 ? [`## Tries\n\n${runs.map(describeRun).join('\n')}`] : []),
  ].join('\n\n');
}

/** An entry of `completed_tasks.json`. */
export function completedEntry({ task, runs, summary, files }: Story) {
  const last = runs.at(-1);
  return {
    task: taskName(task.id),
    instruction: shorten(oneLine(task.instruction), 300),
    agent: last ? agentOf(last) : null,
    completed_at: isoTime(task.updatedAt),
    branch: task.branch,
    pull_request: task.pull,
    files_modified: files?.slice(0, 20) ?? null,
    summary: summary === null ? null : shorten(oneLine(summary), 300),
    output: outputFile(task.id),
  };
}

/** What an agent told of a run, for `agent_notes/<agent>.md`: it begins with a line that no other entry has. */
export function noteEntry(run: Run, said: readonly string[]): { head: string; text: string } {
  const head = `## ${runName(run.task, run.number)}: `;
  const end = run.endedAt === null ? '' : `, ${isoTime(run.endedAt)}`;
  return { head, text: `${head}${run.outcome ?? 'at work'}${end}\n\n${quoted(said.join('\n\n'))}\n` };
}

/** `agent_notes/claude-1.md`. */
export function notesFile(run: Run): string {
  return `agent_notes/${agentOf(run).replace(/[^\w-]/g, '-')}.md`;
}

export interface State {
  /** When (ms), and after which task. */
  at: number;
  after: number;
  /** Open tasks, oldest first. */
  open: readonly Task[];
  /** Tasks that came to nothing, newest first. */
  troubled: readonly Task[];
  /** What stands at the top of the branch that work goes to; null when it can't be told. */
  structure: { branch: string; commit: string; entries: readonly string[] } | null;
}

/** The generated part of `current_state.md`. */
export function statePage({ at, after, open, troubled, structure }: State): string {
  return [
    `# Current state\n\nAs of ${isoTime(at)}, ${taskName(after)}.`,
    `## Objectives\n\n${items(open, 'Nothing is asked for.', each => `${each.state}. ${heading(each.instruction)}`)}`,
    `## Structure\n\n${describeStructure(structure)}`,
    `## Known issues\n\n${items(troubled, 'None.', describeTrouble)}`,
  ].join('\n\n');
}

function describeTrouble(task: Task): string {
  const why = task.reason === null ? '' : `: ${shorten(oneLine(task.reason), 300)}`;
  return `${task.state}${why} (${heading(task.instruction)})`;
}

function describeStructure(structure: State['structure']): string {
  if (structure === null) return 'It can not be told.';
  const { branch, commit, entries } = structure;
  return `At the top of ${inCode(branch)}, at ${commit.slice(0, 10)}:\n\n${fileList(entries)}`;
}

function items(tasks: readonly Task[], none: string, describe: (task: Task) => string): string {
  if (tasks.length === 0) return none;
  return tasks.map(task => `- ${taskName(task.id)} ${describe(task)}`).join('\n');
}

function describeRun(run: Run): string {
  const why = run.reason === null ? '' : `: ${shorten(oneLine(run.reason), 300)}`;
  return `- ${runName(run.task, run.number)}, ${agentOf(run)}: ${run.outcome ?? 'at work'}${why}`;
}

function fileList(files: readonly string[]): string {
  if (files.length === 0) return 'None.';
  const more = files.length > MOST_FILES ? [`- and ${files.length - MOST_FILES} more`] : [];
  return [...files.slice(0, MOST_FILES).map(file => `- ${inCode(file)}`), ...more].join('\n');
}

function agentOf({ profile, slot }: Run): string {
  return `${profile}-${slot}`;
}

function heading(text: string): string {
  return shorten(oneLine(text), 100);
}

function oneLine(text: string): string {
  return stripInvisible(text).replace(/\s+/g, ' ').trim();
}

function inCode(text: string): string {
  return `\`${oneLine(text).replaceAll('`', "'")}\``;
}

function quoted(text: string): string {
  return shorten(stripInvisible(text).trim(), MOST_TEXT).replace(/^/gm, '> ').replace(/ $/gm, '');
}
