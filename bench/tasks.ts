import { chooser, type Limits, type RepositoryLimits } from '../src/choice/choose.ts';
import type { Choose } from '../src/queue/claim.ts';
import type { Store } from '../src/store/open.ts';
import type { Request } from '../src/task/glossary.ts';

/** A fixed time: what is measured must not depend on the clock. */
export const NOW = 1_700_000_000_000;

/** The n-th request, as a comment asks for it. */
export function request(n: number): Request {
  return {
    repository: 'acme/shop',
    repositoryId: 1,
    installation: 1,
    issue: n,
    onPullRequest: false,
    headSha: null,
    source: `comment:${n}:0`,
    comment: n,
    requester: 'maintainer',
    requesterId: 1,
    instruction: `fix the failing test ${n}`,
    issueTitle: 'The total is wrong',
    issueBody: 'Two of the same cost as much as one.',
    conversation: '[]',
    contextFiles: [],
    agent: null,
    capabilities: [],
    model: null,
    priority: 'normal',
    timeoutSeconds: 1800,
    budgetUsd: null,
    budgetTokens: null,
    base: 'main',
    settings: '{}',
    correlation: `delivery-${n}`,
  };
}

const LIMITS: Limits = {
  concurrent: 10,
  perRepository: null,
  profiles: [{ name: 'bench', maxInstances: 10, capabilities: [] }],
};

const noWishes: RepositoryLimits = () => ({ agents: null, agent: null, concurrency: null });

/** One agent takes what comes. */
export const chooseNext = (store: Store): Choose => chooser(store, LIMITS, noWishes);
