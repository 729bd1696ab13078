import {
  defaultRepositorySettings,
  type Problem,
  parseRepositorySettings,
  type RepositorySettings,
} from '../config/repository.ts';
import { describeError, OrchError } from '../shared/errors.ts';
import { plain } from '../shared/markdown.ts';
import { shorten } from '../shared/text.ts';
import { githubMessage, hasStatus, isRefusal, type Octokit } from './client.ts';
import { ownerAndName } from './comments.ts';
import type { AppContext } from './context.ts';
import { createOnce } from './once.ts';
import type { Door } from './payloads.ts';
import { findCheck } from './report/checks.ts';

const FILE = '.github/orch.yml';

/**
 * The repository's settings from its default branch. An invalid file is told of once, by an annotated check run and a
 * comment, and the last valid settings stay in force.
 */
export async function readRepositorySettings(
  context: AppContext,
  octokit: Octokit,
  door: Door,
): Promise<RepositorySettings> {
  const { store, settings } = context;
  const { id, full_name } = door.repository;
  store.repositories.seen(id, full_name);
  const file = await readFile(octokit, full_name);
  const row = store.repositories.get(id);
  if (!file) {
    store.repositories.keepSettings(id, null, null);
    return defaultRepositorySettings(settings);
  }
  const parsed = parseRepositorySettings(file.text, settings);
  if (!parsed.ok) {
    if (row?.complainedSha !== file.sha) await complain(context, octokit, door, file.sha, parsed.problems);
    const last = row?.settingsText ? parseRepositorySettings(row.settingsText, settings) : null;
    return last?.ok ? last.settings : defaultRepositorySettings(settings);
  }
  if (file.sha !== row?.settingsSha) store.repositories.keepSettings(id, file.text, file.sha);
  return parsed.settings;
}

async function readFile(octokit: Octokit, repository: string): Promise<{ text: string; sha: string } | null> {
  try {
    const { data } = await octokit.request('GET /repos/{owner}/{repo}/contents/{path}', {
      ...ownerAndName(repository),
      path: FILE,
    });
    if (Array.isArray(data) || data.type !== 'file' || !('content' in data)) return null;
    return { text: Buffer.from(data.content, 'base64').toString('utf8'), sha: data.sha };
  } catch (error) {
    if (hasStatus(error, 404)) return null;
    throw error;
  }
}

async function complain(
  context: AppContext,
  octokit: Octokit,
  door: Door,
  sha: string,
  problems: readonly Problem[],
): Promise<void> {
  try {
    await annotate(context, octokit, door, sha, problems);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    context.log.warn({ why: githubMessage(error) }, 'GitHub refused the check run on the settings');
  }
  if (door.issue) {
    const list = problems
      .slice(0, 20)
      .map(({ line, message }) => `- line ${line}: ${plain(shorten(message, 2000))}`);
    const what = `\`${FILE}\` on \`${door.repository.default_branch}\` is not valid, so the last valid settings stay in force`;
    const text = `${describeError(new OrchError('E_REPOSITORY_SETTINGS', what))}\n\n${list.join('\n')}`;
    await context.replies.reply({ ...door, issue: door.issue }, `settings:${sha}`, text);
  }
  context.store.repositories.complained(door.repository.id, sha);
}

/** An annotation at the line, where a check run can be: on the commit of the default branch that holds the file. */
async function annotate(
  { store, clock }: AppContext,
  octokit: Octokit,
  { repository }: Door,
  sha: string,
  problems: readonly Problem[],
): Promise<void> {
  const at = ownerAndName(repository.full_name);
  const ref = `heads/${repository.default_branch}`;
  const head = await octokit.request('GET /repos/{owner}/{repo}/git/ref/{ref}', { ...at, ref });
  const head_sha = head.data.object.sha;
  const named = { name: 'orch settings', external_id: sha };
  await createOnce(store, {
    task: 0,
    kind: 'check',
    key: `${repository.id}:settings:${sha}`,
    now: clock.now(),
    lookUp: () => findCheck(octokit, repository.full_name, head_sha, named),
    async create() {
      const { data } = await octokit.request('POST /repos/{owner}/{repo}/check-runs', {
        ...at,
        ...named,
        head_sha,
        status: 'completed',
        conclusion: 'failure',
        output: {
          title: `${FILE} is not valid`,
          summary: 'The last valid settings stay in force.',
          annotations: problems.slice(0, 50).map(annotation),
        },
        request: { retries: 0 },
      });
      return Number(data.id);
    },
  });
}

function annotation({ line, message }: Problem) {
  const where = { path: FILE, start_line: line, end_line: line };
  return { ...where, annotation_level: 'failure' as const, message: shorten(message, 10_000) };
}
