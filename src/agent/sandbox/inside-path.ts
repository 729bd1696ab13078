import { extname, join } from 'node:path';

/** The program that runs first in a session's sandbox; built, it is JavaScript. */
export const INSIDE = join(import.meta.dirname, `inside${extname(import.meta.filename)}`);
