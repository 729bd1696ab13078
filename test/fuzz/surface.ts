import type fc from 'fast-check';

/** What a bad input must never bring about. An error of any other kind is a crash. */
export class Violation extends Error {
  readonly kind: 'grant' | 'leak';
  constructor(kind: 'grant' | 'leak', message: string) {
    super(`${kind}: ${message}`);
    this.kind = kind;
  }
}

/** A place where something from outside comes in. */
export interface Surface<Input = unknown> {
  name: string;
  /** Bad inputs, each by a name that says what is bad about it. */
  named: Record<string, Input>;
  arbitrary: fc.Arbitrary<Input>;
  /** Its part of the fuzzed inputs, against the others'; what costs much gets less. */
  weight: number;
  open(): Promise<Opened<Input>>;
}

interface Opened<Input> extends AsyncDisposable {
  /** Takes one input. Throws a Violation, or whatever a crash throws; a clear refusal is neither. */
  feed(input: Input): Promise<void>;
}

/** A surface that needs nothing opened. */
export function pure<Input>(
  surface: Omit<Surface<Input>, 'open'> & { feed(input: Input): void },
): Surface<Input> {
  const { feed, ...rest } = surface;
  return {
    ...rest,
    open: async () => ({ feed: async input => feed(input), async [Symbol.asyncDispose]() {} }),
  };
}

/** Names each of several inputs: `unknown option --agnet`. */
export function each<Input>(prefix: string, inputs: Record<string, Input>): Record<string, Input> {
  return Object.fromEntries(Object.entries(inputs).map(([name, input]) => [`${prefix} ${name}`, input]));
}

/** Names texts by themselves. */
export function texts(
  prefix: string,
  list: readonly string[],
  wrap = (text: string) => text,
): Record<string, string> {
  return Object.fromEntries(list.map(text => [`${prefix} ${JSON.stringify(text.slice(0, 60))}`, wrap(text)]));
}

/** Something of this value must not come out. */
export const CANARY = 'canary-Zq8vT3mN5xW1kR7pL0sD';

export function mustNotHold(text: string, where: string): void {
  if (text.includes(CANARY)) throw new Violation('leak', `${where} tells a secret`);
}
