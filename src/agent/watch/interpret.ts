import type { EventRule } from '../../config/profiles/rules.ts';
import { shorten, stripControl } from '../../shared/text.ts';
import { MOST, type Told } from './told.ts';

const LONGEST_TEXT = 4000;
const LONGEST_LINE = 400;
const LONGEST_NAME = 200;
/** What may be handed to a CLI as an argument: it is no option, and leads nowhere. */
const SESSION_ID = /^\w[\w.:@=+-]{0,199}$/;
/** A pattern is held against no more of a text than this. */
const LONGEST_MATCHED = 4000;

type Taken = EventRule['take'][string];

/** All that the rules find in one event, in their order. The event is hostile: only its own fields are looked at. */
export function interpret(rules: readonly EventRule[], event: unknown): Told[] {
  return rules.flatMap(rule => {
    if (!holds(rule.when, event)) return [];
    const items = rule.each === undefined ? [event] : valuesAt(event, `${rule.each}.*`);
    return items.flatMap(item => (holds(rule.where ?? {}, item) ? tell(rule, item) : []));
  });
}

function holds(conditions: EventRule['when'], event: unknown): boolean {
  return Object.entries(conditions).every(([path, wanted]) =>
    valuesAt(event, path).some(value => {
      if (Array.isArray(wanted)) return wanted.includes(value as never);
      if (typeof wanted === 'object')
        return typeof value === 'string' && firstMatch(wanted.match, value) !== null;
      return value === wanted;
    }),
  );
}

/** Where a dotted path leads; `*` stands for each value of a list or an object. */
function valuesAt(event: unknown, path: string): unknown[] {
  let found = [event];
  for (const key of path.split('.')) {
    const holders = found.filter(value => typeof value === 'object' && value !== null) as Record<
      string,
      unknown
    >[];
    found = holders.flatMap(value => {
      if (key === '*') return Object.values(value);
      return Object.hasOwn(value, key) ? [value[key]] : [];
    });
  }
  return found;
}

function firstMatch(pattern: string, text: string): RegExpExecArray | null {
  return new RegExp(pattern).exec(text.slice(0, LONGEST_MATCHED));
}

function tell(rule: EventRule, event: unknown): Told[] {
  const once = rule.once === undefined ? null : asLine(valuesAt(event, rule.once)[0]);
  const field = (name: string) => {
    const place = rule.take[name];
    return place === undefined ? rule.set[name] : take(event, place);
  };
  switch (rule.as) {
    case 'session':
      return [{ as: 'session', once, id: asSessionId(field('id')), model: asName(field('model')) }];
    case 'text': {
      const text = asText(field('text'));
      return text === null ? [] : [{ as: 'text', once, text, goesOn: rule.mode === 'add' }];
    }
    case 'tool':
      return [{ as: 'tool', once, name: asLine(field('name')) ?? 'tool', detail: asLine(field('detail')) }];
    case 'usage': {
      const [input = 0, cached = 0, output = 0] = ['input', 'cached', 'output'].map(name =>
        Math.round(asAmount(field(name)) ?? 0),
      );
      const tokens = { input, cached, output };
      return [{ as: 'usage', once, mode: rule.mode ?? 'add', tokens, cost: asAmount(field('cost')) }];
    }
    case 'retry': {
      const said = {
        message: asLine(field('message')) ?? 'the model refuses',
        reset: asLine(field('reset')),
      };
      const delay = asAmount(field('delay'));
      const silent = field('silent') === true;
      return [{ as: 'retry', once, status: asAmount(field('status')), delay, silent, ...said }];
    }
    case 'end': {
      const said = { message: asLine(field('message')), text: asText(field('text')) };
      return [
        { as: 'end', once, failed: field('failed') === true, status: asAmount(field('status')), ...said },
      ];
    }
    default:
      return rule.as satisfies never;
  }
}

/** The value of a path, the sum of several, or what a pattern's group finds in one. */
function take(event: unknown, place: Taken): unknown {
  if (typeof place === 'string') return valuesAt(event, place)[0];
  if (!Array.isArray(place)) {
    const text = valuesAt(event, place.path)[0];
    return typeof text === 'string' ? firstMatch(place.match, text)?.[1] : undefined;
  }
  const amounts = place.flatMap(path => valuesAt(event, path)).map(asAmount);
  return amounts.every(amount => amount === null)
    ? undefined
    : amounts.reduce((sum: number, each) => sum + (each ?? 0), 0);
}

function asText(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  return shorten(stripControl(shorten(value, 4 * LONGEST_TEXT)), LONGEST_TEXT) || null;
}

/** One line. Of lists and objects what stands first in them: CLIs put a tool's command or path there. */
function asLine(value: unknown): string | null {
  let first = value;
  for (let depth = 0; typeof first === 'object' && first !== null && depth < 4; depth++)
    first = Object.values(first)[0];
  if (!['string', 'number', 'boolean'].includes(typeof first)) return null;
  const text = stripControl(shorten(String(first), 4 * LONGEST_LINE));
  return shorten(text.replace(/\s+/g, ' ').trim(), LONGEST_LINE) || null;
}

function asName(value: unknown): string | null {
  const line = asLine(value);
  return line && shorten(line, LONGEST_NAME);
}

function asSessionId(value: unknown): string | null {
  const line = asLine(value);
  return line !== null && SESSION_ID.test(line) ? line : null;
}

/** Also of a text: patterns find numbers as such. */
function asAmount(value: unknown): number | null {
  const amount = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof amount === 'number' && amount >= 0 && amount <= MOST ? amount : null;
}
