/** The places in ORCH_HOME that errors and agents speak of. */
const TREE = /^.*\/workspaces\/T\d+\.\d+\/tree(?:\/|$)/;
const HOME = /^.*(?=\/(?:workspaces|runs|results|logs)\/T\d+\.\d+|\/stores\/)/;

/** Text for GitHub, where the host's folders are nobody's business: paths begin at the worktree, or at ORCH_HOME. */
export function withoutHostPaths(text: string): string {
  return text.replace(/\/[^\s'"`()<>:;,]+/g, path => {
    if (TREE.test(path)) return path.replace(TREE, '') || '.';
    return path.replace(HOME, '$$ORCH_HOME');
  });
}
