import { ask, type Io } from './broker-client.ts';

const NOBODY = `Nobody has answered yet. Your question stands where people see it. End your turn now, without \`orch done\`:
Orch keeps this workspace, and you go on here as soon as there is an answer.`;

/** What an agent is told after it has asked people: their answer, or what to do without one. */
export async function askPeople(io: Io, question: string): Promise<{ answered: boolean; text: string }> {
  const { said } = await ask(io, { kind: 'ask', question: bounded(question, 4000) });
  return said === null ? { answered: false, text: NOBODY } : { answered: true, text: said.join('\n\n') };
}

/** Tells people how far the work is. */
export async function tellProgress(io: Io, text: string): Promise<void> {
  await ask(io, { kind: 'progress', text: bounded(text, 500) });
}

export interface PlanToTell {
  text: string;
  files: string[];
  risk: string | null;
}

/** Tells the plan that was asked for, and what follows. */
export async function tellPlan(io: Io, { text, files, risk }: PlanToTell): Promise<string> {
  const named = files.slice(0, 200).map(file => bounded(file, 400));
  const told = { text: bounded(text, 30_000), files: named, risk: risk && bounded(risk, 1000) };
  await ask(io, { kind: 'plan', ...told });
  return 'People see your plan now. End your turn: you go on here when they have approved it, or want it changed.';
}

/** Says that the task is done. */
export async function sayDone(io: Io, summary: string | null): Promise<void> {
  await ask(io, { kind: 'done', summary });
}

/** An agent's words are cut rather than refused: it would only say them again. */
function bounded(text: string, most: number): string {
  if (text.trim() === '') throw new Error('There is nothing said: give a text.');
  return text.trim().slice(0, most);
}
