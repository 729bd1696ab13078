import {
  defaultRepositorySettings,
  type Problem,
  parseRepositorySettings,
  type RepositorySettings,
} from '../config/repository.ts';
import { describeError, OrchError } from '../shared/errors.ts';
import type { AskOptions } from './ask.ts';
import { githubMessage, hasStatus, isRefusal, type Octokit } from './client.ts';
import { thread } from './comments.ts';
import type { Place } from './payloads.ts';

const FILE = '.github/orch.yml';

/**
 * The repository's settings from its default branch. An invalid file is told of once, by an annotated check run and a
 * comment, and the last valid settings stay in force.
 */
export async function readRepositorySettings(
  options: AskOptions,
  octokit: Octokit,
  door: Omit<Place, 'issue'> & Partial<Pick<Place, 'issue'>>,
): Promise<RepositorySettings> {
  const { store, settings } = options;
  const { id, full_name } = door.repository;
  store.repositories.seen(id, full_name);
  const file = await readFile(octokit, full_name);
  const row = store.repositories.get(id);
  if (file && file.sha !== row?.settingsSha) {
    const parsed = parseRepositorySettings(file.text, settings);
    if (!parsed.ok) {
      if (row?.complainedSha !== file.sha) await complain(options, octokit, door, file.sha, parsed.problems);
      const last = row?.settingsText ? parseRepositorySettings(row.settingsText, settings) : null;
      return last?.ok ? last.settings : defaultRepositorySettings(settings);
    }
    store.repositories.keepSettings(id, file.text, file.sha);
    return parsed.settings;
  }
  if (!file) store.repositories.keepSettings(id, null, null);
  const parsed = file ? parseRepositorySettings(file.text, settings) : null;
  return parsed?.ok ? parsed.settings : defaultRepositorySettings(settings);
}

async function readFile(octokit: Octokit, repository: string): Promise<{ text: string; sha: string } | null> {
  const { owner, repo } = thread(repository, 0);
  try {
    const { data } = await octokit.request('GET /repos/{owner}/{repo}/contents/{path}', {
      owner,
      repo,
      path: FILE,
    });
    if (Array.isArray(data) || data.type !== 'file' || !('content' in data)) return null;
    return { text: Buffer.from(data.content, 'base64').toString('utf8'), sha: data.sha };
  } catch (error) {
    if (hasStatus(error, 404)) return null;
    throw error;
  }
}

/** An annotation at the line, where a check run can be: on the commit of the default branch that holds the file. */
async function complain(
  options: AskOptions,
  octokit: Octokit,
  door: Omit<Place, 'issue'> & Partial<Pick<Place, 'issue'>>,
  sha: string,
  problems: readonly Problem[],
): Promise<void> {
  const { owner, repo } = thread(door.repository.full_name, 0);
  const branch = door.repository.default_branch;
  try {
    const head = await octokit.request('GET /repos/{owner}/{repo}/git/ref/{ref}', {
      owner,
      repo,
      ref: `heads/${branch}`,
    });
    await octokit.request('POST /repos/{owner}/{repo}/check-runs', {
      owner,
      repo,
      name: 'orch settings',
      head_sha: head.data.object.sha,
      external_id: sha,
      status: 'completed',
      conclusion: 'failure',
      output: {
        title: `${FILE} is not valid`,
        summary: 'The last valid settings stay in force.',
        annotations: problems.slice(0, 50).map(({ line, message }) => ({
          path: FILE,
          start_line: line,
          end_line: line,
          annotation_level: 'failure' as const,
          message,
        })),
      },
      request: { retries: 0 },
    });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    options.log.warn({ why: githubMessage(error) }, 'GitHub refused the check run on the settings');
  }
  if (door.issue) {
    const list = problems.slice(0, 20).map(({ line, message }) => `- line ${line}: ${message}`);
    const what = `\`${FILE}\` on \`${branch}\` is not valid, so the last valid settings stay in force`;
    const text = `${describeError(new OrchError('E_REPOSITORY_SETTINGS', what))}\n\n${list.join('\n')}`;
    await options.replies.reply({ ...door, issue: door.issue }, `settings:${sha}`, text);
  }
  options.store.repositories.complained(door.repository.id, sha);
}
