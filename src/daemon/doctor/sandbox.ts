import { openSandboxes } from '../../agent/sandbox/choose.ts';
import type { Settings } from '../../config/settings.ts';
import { OrchError } from '../../shared/errors.ts';
import { groupsOfHost, limitsOf, unmetLimit } from '../limits.ts';
import { type Finding, note, ok, problem } from './finding.ts';

/** Whether agents can be shut in, found out by doing it once, and what the host has against it if not. */
export async function checkSandbox(
  settings: Settings,
  host: { env: NodeJS.ProcessEnv; readSystem(file: string): string | null },
): Promise<Finding> {
  const { kind, allowUnsandboxed } = settings.sandbox;
  if (kind === 'none') {
    return allowUnsandboxed
      ? note('sandbox', 'none, as the settings say: agents can do what your user can')
      : problem(
          'sandbox',
          'none, which has to be accepted',
          'Set sandbox.allow_unsandboxed, or let sandbox.kind be auto.',
        );
  }
  try {
    return ok('sandbox', (await openSandboxes({ ...settings.sandbox, kind, env: host.env }).find()).kind);
  } catch (error) {
    if (!(error instanceof OrchError)) throw error;
    const hindrance =
      kind === 'container'
        ? undefined
        : HINDRANCES.find(({ file, value }) => host.readSystem(file)?.trim() === value);
    return problem('sandbox', error.message, hindrance?.remedy ?? REMEDY[kind]);
  }
}

const REMEDY = {
  auto: 'Install it: apt-get install bubblewrap',
  bwrap: 'Install it: apt-get install bubblewrap',
  container: 'Install docker or podman, and name an image that has your agents in sandbox.image.',
};

/** Settings of a kernel that keep users from making namespaces. */
const HINDRANCES = [
  {
    file: '/proc/sys/kernel/apparmor_restrict_unprivileged_userns',
    value: '1',
    remedy: `AppArmor keeps users from making namespaces. Allow it to bubblewrap: write this to
/etc/apparmor.d/bwrap

abi <abi/4.0>,
include <tunables/global>
profile bwrap /usr/bin/bwrap flags=(unconfined) {
  userns,
}

and load it: sudo apparmor_parser -r /etc/apparmor.d/bwrap`,
  },
  {
    file: '/proc/sys/kernel/unprivileged_userns_clone',
    value: '0',
    remedy: 'Let users make namespaces: sudo sysctl -w kernel.unprivileged_userns_clone=1',
  },
  {
    file: '/proc/sys/user/max_user_namespaces',
    value: '0',
    remedy: 'Let users make namespaces: sudo sysctl -w user.max_user_namespaces=15000',
  },
] as const;

/** How the host holds runs to their limits, and whether it can keep those that are set. */
export function checkLimits(settings: Settings): Finding {
  const groups = groupsOfHost(settings.orchestrator.home);
  const everybody = { memoryMb: null, cpuPercent: null };
  const unmet = [everybody, ...settings.profiles]
    .map(profile => unmetLimit(groups.kind, limitsOf(settings, profile)))
    .find(each => each !== null);
  if (unmet) return problem('limits', unmet, DELEGATE);
  if (groups.kind !== 'rlimit') return ok('limits', `control groups, version ${groups.kind.at(-1)}`);
  return note('limits', 'of single processes only: no control groups can be made here', DELEGATE);
}

const DELEGATE = 'Run Orch as a service with Delegate=yes, or as root.';
