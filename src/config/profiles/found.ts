import { isOnPath } from '../../shared/program.ts';
import { BUILT_IN } from './built-in.ts';

export const BUILT_IN_NAMES = Object.keys(BUILT_IN);

/** The built-in agents whose program is on a PATH. */
export function foundAgents(path: string): string[] {
  return BUILT_IN_NAMES.filter(name => isOnPath(BUILT_IN[name]?.command?.[0] ?? name, path));
}
