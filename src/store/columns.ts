import type { Value } from './connection.ts';

/** A table's columns by the names its rows have in TypeScript: `repositoryId` stands in column `repository_id`. */
export interface Columns {
  /** `id, repository_id as repositoryId, …`, for a select. */
  list: string;
  /** `(repository_id, …) values (@repositoryId, …)`, for an insert of these fields. */
  insert(fields: readonly string[]): string;
  /** `repository_id = @repositoryId, …`, for an update of these fields. */
  set(fields: readonly string[]): string;
}

export function columns(fields: readonly string[]): Columns {
  return {
    list: fields.map(field => (snake(field) === field ? field : `${snake(field)} as ${field}`)).join(', '),
    insert: given =>
      `(${given.map(snake).join(', ')}) values (${given.map(field => `@${field}`).join(', ')})`,
    set: given => given.map(field => `${snake(field)} = @${field}`).join(', '),
  };
}

function snake(field: string): string {
  return field.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);
}

/** SQLite has no booleans and no lists, and a missing value is null. */
export function bind(row: object): Record<string, Value> {
  return Object.fromEntries(Object.entries(row).map(([field, value]) => [field, toValue(value)]));
}

function toValue(value: unknown): Value {
  if (typeof value === 'boolean') return Number(value);
  return Array.isArray(value) ? JSON.stringify(value) : ((value ?? null) as Value);
}
