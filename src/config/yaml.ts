import { type Document, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { z } from 'zod';
import { nearest } from '../shared/nearest.ts';
import { shorten, stripControl } from '../shared/text.ts';

export interface Problem {
  /** From 1. */
  line: number;
  message: string;
}

export type Read<T> = { ok: true; value: T; warnings: string[] } | { ok: false; problems: Problem[] };

/** No settings that people write by hand come near. */
const MAX_CHARACTERS = 30_000;
const MAX_PROBLEMS = 100;

/**
 * Reads a YAML file that anybody may have written, and holds it against a schema. Unknown keys are problems that name
 * the nearest known one; an empty value is as good as none; keys marked `later` in the schema give warnings. Where the
 * file may take several forms, the schema is chosen by what it holds.
 */
export function readYaml<T extends z.ZodType>(
  text: string,
  schema: T | ((raw: unknown) => T),
  mostCharacters = MAX_CHARACTERS,
): Read<z.output<T>> {
  const read = tryReadYaml(text, schema, mostCharacters);
  if (read.ok) return read;
  const problems = read.problems.sort((a, b) => a.line - b.line).slice(0, MAX_PROBLEMS);
  return { ok: false, problems: problems.map(({ line, message }) => ({ line, message: oneLine(message) })) };
}

function tryReadYaml<T extends z.ZodType>(
  text: string,
  schema: T | ((raw: unknown) => T),
  most: number,
): Read<z.output<T>> {
  if (text.length > most) {
    return problem(1, `the file has ${text.length} characters, and at most ${most} are read`);
  }
  const lines = new LineCounter();
  try {
    // The library would compare each key with all others.
    const options = { prettyErrors: false, stringKeys: true, uniqueKeys: false };
    const document = parseDocument(text, { ...options, lineCounter: lines });
    const found = [
      ...document.errors.map(({ pos, message }) => ({ at: pos[0], message })),
      ...repeatedKeys(document),
    ];
    const errors = found.map(({ at, message }) => ({ line: lines.linePos(at).line, message }));
    return errors.length > 0 ? { ok: false, problems: errors } : check(document, lines, schema);
  } catch (error) {
    // Aliases beyond measure, or nesting that is deeper than the stack.
    return problem(1, `the file can't be read: ${error instanceof Error ? error.message : error}`);
  }
}

function repeatedKeys(document: Document): { at: number; message: string }[] {
  const found: { at: number; message: string }[] = [];
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) found.push({ at: key.range?.[0] ?? 0, message: 'Map keys must be unique' });
        seen.add(key.value);
      }
    },
  });
  return found;
}

function problem(line: number, message: string): { ok: false; problems: Problem[] } {
  return { ok: false, problems: [{ line, message }] };
}

/** What is quoted of the file goes into comments: it must not bring lines of its own. */
function oneLine(message: string): string {
  return shorten(stripControl(message).replaceAll('\n', ' '), 300);
}

function check<T extends z.ZodType>(
  document: Document,
  lines: LineCounter,
  schemaFor: T | ((raw: unknown) => T),
): Read<z.output<T>> {
  const raw: unknown = document.toJS() ?? {};
  const schema = typeof schemaFor === 'function' ? schemaFor(raw) : schemaFor;
  const shape = shapeOf(schema);
  const warnings = prepare(raw, shape, '');
  const parsed = schema.safeParse(raw);
  if (parsed.success) return { ok: true, value: parsed.data, warnings };
  const problems = parsed.error.issues.flatMap(nearestIssues).flatMap(issue => {
    const path = issue.path.map(key => (typeof key === 'symbol' ? String(key) : key));
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.slice(0, MAX_PROBLEMS).map(key => ({
        line: lineOf(document, lines, [...path, key]),
        message: unknownKey([...path, key], shapeAt(shape, path)),
      }));
    }
    const { message } = issue.code === 'invalid_key' ? (issue.issues[0] ?? issue) : issue;
    const said = message.replace(/^Invalid input: /, '');
    return [{ line: lineOf(document, lines, path), message: `${named(path)}${lowerFirst(said)}` }];
  });
  return { ok: false, problems };
}

/**
 * Of what the members of a union complain of, only what the one does that takes values of this type; a union that has words of
 * its own keeps them.
 */
function nearestIssues(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union' || issue.message !== 'Invalid input') return [issue];
  const isOther = ({ code, path }: z.core.$ZodIssue) =>
    path.length === 0 && (code === 'invalid_type' || code === 'invalid_union');
  const [near, ...others] = issue.errors.filter(issues => !issues.some(isOther));
  if (near === undefined || others.length > 0) return [issue];
  return near.flatMap(each => nearestIssues({ ...each, path: [...issue.path, ...each.path] }));
}

/** A schema as JSON Schema describes it: what keys there are, with their descriptions and defaults. */
export interface Shape {
  properties?: Record<string, Shape>;
  additionalProperties?: Shape | false;
  items?: Shape;
  anyOf?: Shape[];
  type?: string | string[];
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  default?: unknown;
  description?: string;
  /** This release doesn't act on the key, or on these values of it. */
  later?: true | unknown[];
}

export function shapeOf(schema: z.ZodType): Shape {
  const shape =
    shapes.get(schema) ?? (z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Shape);
  shapes.set(schema, shape);
  return shape;
}

/** Describing a schema takes longer than reading most files by it. */
const shapes = new WeakMap<z.ZodType, Shape>();

function shapeAt(shape: Shape | undefined, path: (string | number)[]): Shape | undefined {
  return path.reduce<Shape | undefined>((at, key) => (at ? childShape(at, String(key)) : undefined), shape);
}

function childShape(shape: Shape, key: string): Shape | undefined {
  const { properties, additionalProperties, items } = withKeys(shape);
  if (properties && Object.hasOwn(properties, key)) return properties[key];
  return items ?? (additionalProperties || undefined);
}

/** Of several forms the one that has keys. */
function withKeys(shape: Shape): Shape {
  return shape.anyOf?.find(({ properties }) => properties) ?? shape;
}

/** Drops known keys that have no value, and tells of keys that do nothing yet. */
function prepare(raw: unknown, shape: Shape, prefix: string): string[] {
  if (typeof raw !== 'object' || raw === null) return [];
  return Object.entries(raw).flatMap(([key, value]) => {
    const child = childShape(shape, key);
    if (!child) return [];
    if (value === null && !Array.isArray(raw)) delete (raw as Record<string, unknown>)[key];
    if (value === null) return [];
    const path = `${prefix}${key}`;
    if (child.later === true) return [`${path} is accepted but not used by this release`];
    if (child.later?.includes(value)) return [`${path}: ${value} is accepted but not used by this release`];
    return prepare(value, child, `${path}.`);
  });
}

function unknownKey(path: (string | number)[], shape: Shape | undefined): string {
  const known = Object.keys((shape && withKeys(shape).properties) ?? {});
  const near = nearest(String(path.at(-1)), known);
  const hint = near ? `did you mean \`${near}\`?` : `there are ${known.map(key => `\`${key}\``).join(', ')}`;
  return `${named(path)}unknown setting; ${hint}`;
}

function named(path: (string | number)[]): string {
  return path.length === 0 ? '' : `\`${path.join('.').replaceAll('`', "'")}\`: `;
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

/** The line of the value at a path, or of what stands around it. */
function lineOf(document: Document, lines: LineCounter, path: (string | number)[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    const range = (node as { range?: [number, number, number] | null } | undefined)?.range;
    if (range) return lines.linePos(range[0]).line;
  }
  return 1;
}
