import type { Annotation } from '../model.ts';
import type { Masks } from './masks.ts';
import { readCommand, type WorkflowCommand } from './workflow-command.ts';

/** What a step has said, as GitHub shows it, and what its lines have told the runner. */
export interface StepLog {
  /** Takes a line of its output; one that is a command is carried out. */
  line(text: string): void;
  /** Adds what the runner itself has to say. */
  annotate(level: Annotation['annotation_level'], message: string, properties?: Record<string, string>): void;
  readonly lines: readonly string[];
  readonly annotations: readonly Annotation[];
  readonly outputs: ReadonlyMap<string, string>;
  readonly state: ReadonlyMap<string, string>;
  /** A command could not be carried out, which fails the step. */
  readonly isBroken: boolean;
}

const LEVELS = { error: 'failure', warning: 'warning', notice: 'notice' } as const;
/** Old commands that the runner refuses: what a program prints must not change the environment of others. */
const REFUSED = ['set-env', 'add-path'];
const NAMES = [
  ...Object.keys(LEVELS),
  ...REFUSED,
  'debug',
  'group',
  'endgroup',
  'add-mask',
  'echo',
  'set-output',
  'save-state',
  'stop-commands',
];

/** GitHub keeps so many annotations of each level of a step, and so many characters of each. */
const MOST_ANNOTATIONS = 10;
const MOST_MESSAGE = 4096;

export function openStepLog(masks: Masks, said: (line: string) => void = () => {}): StepLog {
  const lines: string[] = [];
  const annotations: Annotation[] = [];
  const outputs = new Map<string, string>();
  const state = new Map<string, string>();
  let isBroken = false;
  let resumeBy: string | null = null;

  const say = (text: string) => {
    const hidden = masks.hide(text).split('\n');
    lines.push(...hidden);
    for (const line of hidden) said(line);
  };
  const annotate: StepLog['annotate'] = (level, message, properties = {}) => {
    say(`##[${level === 'failure' ? 'error' : level}]${message}`);
    const ofLevel = annotations.filter(each => each.annotation_level === level);
    if (ofLevel.length >= MOST_ANNOTATIONS || message === '') return;
    annotations.push(annotation(level, masks.hide(message).slice(0, MOST_MESSAGE), properties, lines.length));
  };
  const refuse = (line: string, why: string) => {
    annotate('failure', `Unable to process command '${line}' successfully.`);
    annotate('failure', why);
    isBroken = true;
  };
  const obey = (line: string, { name, properties, data }: WorkflowCommand) => {
    const key = properties.name ?? '';
    if (name in LEVELS) annotate(LEVELS[name as keyof typeof LEVELS], data, properties);
    else if (REFUSED.includes(name)) refuse(line, `The \`${name}\` command is disabled.`);
    else if (name === 'group') say(`##[group]${data}`);
    else if (name === 'endgroup') say('##[endgroup]');
    else if (name === 'add-mask') masks.add(data);
    else if (name === 'stop-commands') resumeBy = data.toLowerCase();
    else if (name !== 'set-output' && name !== 'save-state') return;
    else if (key === '') refuse(line, `Required field 'name' is missing in ##[${name}] command.`);
    else (name === 'set-output' ? outputs : state).set(key, data);
  };
  return {
    line(text) {
      const command = readCommand(text, new Set(resumeBy === null ? NAMES : [resumeBy]));
      if (command === null) say(text);
      else if (resumeBy !== null) resumeBy = null;
      else obey(text, command);
    },
    annotate,
    lines,
    annotations,
    outputs,
    state,
    get isBroken() {
      return isBroken;
    },
  };
}

/** What is about no file is about the workflow, by the line of the log. */
function annotation(
  level: Annotation['annotation_level'],
  message: string,
  properties: Record<string, string>,
  logLine: number,
): Annotation {
  const { file, title, line, endLine, col, endColumn } = properties;
  const start = file === undefined ? logLine : number(line) || 1;
  return {
    path: file ?? '.github',
    start_line: start,
    end_line: number(endLine) || start,
    start_column: number(col) || undefined,
    end_column: number(endColumn) || undefined,
    annotation_level: level,
    message,
    title,
  };
}

function number(text = ''): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}
