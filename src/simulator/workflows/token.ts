import { randomBytes } from 'node:crypto';
import type { Level, Permissions } from '../model.ts';
import type { World } from '../world.ts';
import type { WorkflowRun } from './run.ts';
import type { JobDefinition } from './workflow-file.ts';

/** A job's token ends with the job, and after a day at the latest. */
const TOKEN_MS = 24 * 3_600_000;

/** What there is to be allowed. */
const ALL = [
  'actions',
  'checks',
  'contents',
  'deployments',
  'discussions',
  'issues',
  'packages',
  'pages',
  'pull_requests',
  'statuses',
];

/** Makes the GITHUB_TOKEN of a job: of its repository alone, with what the workflow permits. */
export function makeToken(
  world: World,
  { file, workflow, isFromFork }: WorkflowRun,
  job: JobDefinition,
): string {
  const { repository } = workflow;
  const now = world.clock.now();
  const said = permitted(job.permissions ?? file.permissions);
  const permissions = isFromFork ? readOnly(said) : said;
  const secret = `ghs_${randomBytes(27).toString('base64url').replaceAll(/[-_]/g, '0')}`;
  world.tokens.set(secret, {
    kind: 'installation',
    installation: {
      id: world.newId(),
      app: world.actions,
      account: repository.owner,
      repositoryIds: null,
      permissions,
      events: [],
      createdAt: now,
      updatedAt: now,
      suspendedAt: null,
      suspendedBy: null,
    },
    repositoryIds: new Set([repository.id]),
    permissions,
    expiresAt: now + TOKEN_MS,
  });
  return secret;
}

/** Who says something says all: what is not named is not permitted. Who says nothing may read contents. */
function permitted(said: JobDefinition['permissions']): Permissions {
  if (said === undefined) return { metadata: 'read', contents: 'read', packages: 'read' };
  if (typeof said === 'string') {
    const level: Level = said === 'read-all' ? 'read' : 'write';
    return { metadata: 'read', ...Object.fromEntries(ALL.map(name => [name, level])) };
  }
  const given = Object.entries(said).filter(([, level]) => level !== 'none');
  return {
    metadata: 'read',
    ...Object.fromEntries(given.map(([name, level]) => [name.replaceAll('-', '_'), level as Level])),
  };
}

function readOnly(permissions: Permissions): Permissions {
  return Object.fromEntries(Object.keys(permissions).map(name => [name, 'read']));
}
