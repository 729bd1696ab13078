import { data, Evaluator, Lexer, Parser } from '@actions/expressions';

/** What expressions of a workflow can name: `github`, `inputs`, `steps` and so on. */
export type Contexts = Readonly<Record<string, object>>;

/** How a job stands, for the functions that ask. */
export type JobStatus = 'success' | 'failure' | 'cancelled';

/** A text with what is between `${{` and `}}` evaluated, by GitHub's own evaluator. Throws for what is no expression. */
export function fill(text: string, contexts: Contexts): string {
  return text.replace(/\$\{\{(.*?)\}\}/gs, (_, expression: string) =>
    evaluate(expression, contexts, 'success').coerceString(),
  );
}

export function fillAll(texts: Readonly<Record<string, string>>, contexts: Contexts): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, fill(text, contexts)]));
}

/** Whether an `if:` lets something begin; one that asks for no status asks for success. Throws like fill. */
export function holds(condition: string, contexts: Contexts, status: JobStatus): boolean {
  const expression = condition.replace(/^\s*\$\{\{|\}\}\s*$/g, '').trim() || 'success()';
  const asks = /\b(success|failure|cancelled|always)\s*\(/i.test(expression);
  return isTruthy(evaluate(asks ? expression : `success() && (${expression})`, contexts, status));
}

function evaluate(expression: string, contexts: Contexts, status: JobStatus): data.ExpressionData {
  const functions = Object.entries(STATUS).map(([name, asks]) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(asks(status)),
  }));
  const { tokens } = new Lexer(expression).lex();
  const tree = new Parser(tokens, Object.keys(contexts), functions).parse();
  const values = JSON.parse(JSON.stringify(contexts), data.reviver) as data.Dictionary;
  return new Evaluator(tree, values, new Map(functions.map(each => [each.name, each]))).evaluate();
}

const STATUS: Record<string, (status: JobStatus) => boolean> = {
  success: status => status === 'success',
  failure: status => status === 'failure',
  cancelled: status => status === 'cancelled',
  always: () => true,
};

function isTruthy(value: data.ExpressionData): boolean {
  if (value.kind === data.Kind.String) return value.coerceString() !== '';
  return !['', 'false', '0', 'NaN'].includes(value.coerceString());
}
