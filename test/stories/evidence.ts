import type { Simulator } from '../../src/simulator/simulator.ts';
import { commentsOf, repositoryOf } from '../support/app.ts';

/** What people find of the repository on the simulated GitHub, in plain JSON. */
export function onGithub(github: Simulator) {
  const repository = () => repositoryOf(github);
  const pullOf = (number: number) => repository().issues.get(number);
  const git = async (...args: string[]) => repository().git.run(args);
  const on = {
    /** `login: body`, the oldest first. */
    comments: (issue: number): string[] => commentsOf(github, issue),
    /** Title, text, labels, state and head of a pull request; null when there is none. */
    pull(number: number | null) {
      const issue = number === null ? undefined : pullOf(number);
      if (!issue?.pull) return null;
      const { title, body, state, labels, pull } = issue;
      const { head, base, draft, merged } = pull;
      return {
        ...{ number: issue.number, title, body: body ?? '', labels: labels.map(({ name }) => name), draft },
        ...{ state: merged ? 'merged' : state, head: head.sha, branch: head.ref, base: base.ref },
        requestedReviewers: pull.requestedReviewers.map(({ login }) => login),
      };
    },
    /** Comments at lines of a pull request: `inReplyTo` is the first of its thread. */
    lineComments(number: number | null) {
      const comments = (number === null ? undefined : pullOf(number)?.pull?.reviewComments) ?? [];
      return comments.map(({ id, user, body, path, inReplyTo }) => ({
        ...{ id, by: user.login, body, path, inReplyTo },
      }));
    },
    /** Check runs of a commit. */
    checks(sha: string | undefined) {
      const runs = [...repository().checkRuns.values()].filter(run => run.headSha === sha);
      return runs.map(({ name, status, conclusion, output }) => ({ name, status, conclusion, ...output }));
    },
    /** What a file holds on a branch or at a commit; null when it is not there. */
    async file(ref: string, path: string): Promise<string | null> {
      return git('show', `${ref}:${path}`).catch(() => null);
    },
    /** The commits that `head` has beyond `base`, the newest first. */
    async commits(base: string, head: string): Promise<{ sha: string; author: string; subject: string }[]> {
      const text = await git('log', '--format=%H%x09%an%x09%s', `${base}..${head}`);
      return text
        .split('\n')
        .filter(line => line !== '')
        .map(line => {
          const [sha = '', author = '', subject = ''] = line.split('\t');
          return { sha, author, subject };
        });
    },
    /** Every issue and pull request with what was said there and its checks: what a story that broke off has left. */
    all() {
      return [...repository().issues.values()].map(({ number, title }) => {
        const pull = on.pull(number);
        return { number, title, pull, comments: on.comments(number), checks: on.checks(pull?.head) };
      });
    },
  };
  return on;
}
