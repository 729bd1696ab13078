import type { Forge } from '../forge/forge.ts';
import type { Access, Remote } from '../forge/remote.ts';
import { OrchError } from '../shared/errors.ts';
import type { Secrets } from '../shared/secrets/secrets.ts';
import type { Task } from '../task/glossary.ts';
import { type Github, githubMessage, isRefusal, noreply } from './client.ts';
import { ownerAndName } from './comments.ts';
import type { pullWords } from './pull-words.ts';
import type { openPulls } from './pulls.ts';
import { refused } from './refusals.ts';

export interface GithubForgeOptions {
  github: Github;
  /** Where repositories are cloned from, without a slash at the end. */
  webBaseUrl: string;
  secrets: Pick<Secrets, 'know'>;
  files: Forge['files'];
  pulls: ReturnType<typeof openPulls>;
  words: ReturnType<typeof pullWords>;
  confirm: Forge['confirm'];
}

/** GitHub as the forge of tasks; tokens are asked for when git needs one. */
export function githubForge({
  github,
  webBaseUrl,
  secrets,
  files,
  pulls,
  words,
  confirm,
}: GithubForgeOptions): Forge {
  return {
    name: 'GitHub',
    remote: (task: Task, access: Access): Remote => ({
      url: `${webBaseUrl}/${task.repository}.git`,
      // By its number, which a rename leaves alone: workspaces borrow from Orch's copy.
      name: `repositories/${task.repositoryId}`,
      host: new URL(webBaseUrl).host,
      async token() {
        const { installation, repositoryId } = task;
        const token = await github.gitToken(installation, repositoryId, access).catch(error => {
          if (!isRefusal(error)) throw error;
          const what = 'GitHub gives Orch no token for this repository';
          throw refused('E_GITHUB', what, githubMessage(error), { cause: error });
        });
        secrets.know(token, 'a token of Orch');
        return token;
      },
    }),
    async authors(task) {
      const { login, email } = await github.identity(task.installation, task.repositoryId);
      const { requester, requesterId } = task;
      const coauthor = {
        name: requester,
        email: noreply({ login: requester, userId: requesterId }, webBaseUrl),
      };
      return { author: { name: login, email }, coauthor };
    },
    files,
    confirm,
    issue: task => readIssue(github, task),
    pulls: {
      async find(task) {
        try {
          return await pulls.find(task);
        } catch (error) {
          // The repository is gone, or the right to see it.
          if (!isRefusal(error)) throw error;
          const what = `GitHub does not show the pull requests: ${githubMessage(error)}`;
          throw new OrchError('E_GITHUB', what, { cause: error });
        }
      },
      open: pulls.open,
      ...words,
      retarget: pulls.retarget,
    },
    notFetched,
    notPushed: cause =>
      new OrchError('E_GITHUB_AWAY', `The commits can't be brought to GitHub: ${cause.message}`, { cause }),
    refused: (what, said, kept) => refused('E_PUSH_REFUSED', what, said, { kept }),
  };
}

/** Errors: E_GITHUB, E_GITHUB_AWAY. */
async function readIssue(github: Github, { installation, repositoryId, repository, issue }: Task) {
  if (issue === 0) return null;
  try {
    const octokit = await github.octokit(installation, repositoryId);
    const route = 'GET /repos/{owner}/{repo}/issues/{issue_number}';
    const { data } = await octokit.request(route, { ...ownerAndName(repository), issue_number: issue });
    return { title: data.title, body: data.body ?? null };
  } catch (error) {
    const code = isRefusal(error) ? 'E_GITHUB' : 'E_GITHUB_AWAY';
    throw new OrchError(code, `GitHub does not show the issue: ${githubMessage(error)}`, { cause: error });
  }
}

/**
 * GitHub has decided, and trying again would not help: an address that is not allowed, single sign-on, a lost right. Or it
 * is away, or the way to it is, which is no fault of the agent.
 */
function notFetched(error: unknown): never {
  if (error instanceof OrchError && error.code !== 'E_PROGRAM_FAILED') throw error;
  const said = githubMessage(error);
  if (isRefusal(error) || /returned error: 403\b/.test(said))
    throw refused('E_GITHUB', 'GitHub does not let Orch fetch the repository', said, { cause: error });
  // A git that failed over something else may do so each time.
  if (error instanceof OrchError && !AWAY.test(said)) throw error;
  throw new OrchError('E_GITHUB_AWAY', `The repository can't be fetched: ${said}`, { cause: error });
}

/** How git says that it came through to nobody, that the answer was a fault or broke off, or that a token had just ended. */
const AWAY =
  /unable to access (?!.*returned error: 4(?!29))|RPC failed|early EOF|hung up|unexpected disconnect|Authentication failed/i;
