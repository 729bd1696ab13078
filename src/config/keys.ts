import type { z } from 'zod';

/** A key of a settings file, with the text that the documentation has for it. */
export function used<T extends z.ZodType>(schema: T, description: string): T {
  return schema.meta({ description });
}

/** A key that is accepted and checked, and that this release doesn't act on: on none of its values, or on these. */
export function later<T extends z.ZodType>(
  schema: T,
  description: string,
  values: true | string[] = true,
): T {
  return schema.meta({ description, later: values });
}
