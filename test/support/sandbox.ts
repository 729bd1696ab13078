import { openSandboxes } from '../../src/agent/sandbox/choose.ts';
import type { Sandbox } from '../../src/agent/sandbox/sandbox.ts';

/**
 * bubblewrap, or null on a machine that can't run it: macOS, or a kernel that forbids user namespaces. Tests of it are
 * skipped there, and never in CI, where script/bootstrap has installed it.
 */
export const bubblewrap: Sandbox | null = await openSandboxes({
  kind: 'bwrap',
  network: 'none',
  image: null,
  env: process.env,
})
  .find()
  .catch(error => {
    if (process.env.CI === 'true') throw error;
    return null;
  });
