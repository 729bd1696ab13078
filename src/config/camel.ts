type Camel<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : S;

/** A type with its keys, and those of what it holds, as TypeScript has them: `max_size` is `maxSize`. */
export type CamelKeys<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [K in keyof T as Camel<K & string>]: CamelKeys<T[K]> }
    : T;

/** The same of the outermost keys alone: what lies below has names of its own, such as variables. */
export type CamelTop<T> = { [K in keyof T as Camel<K & string>]: T[K] };

export function camelKeys<T>(value: T): CamelKeys<T> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value as CamelKeys<T>;
  const entries = Object.entries(value).map(([key, inner]) => [camel(key), camelKeys(inner)]);
  return Object.fromEntries(entries) as CamelKeys<T>;
}

export function camelTop<T extends object>(value: T): CamelTop<T> {
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [camel(key), inner])) as CamelTop<T>;
}

function camel(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
