import { groupsOfHost } from '../../src/daemon/limits.ts';

/** Takes away the control groups of a home whose daemon was killed, or whose agents outlived it. */
export function removeGroups(home: string): void {
  const groups = groupsOfHost(home);
  for (const run of groups.runs()) groups.find(run).remove();
}
