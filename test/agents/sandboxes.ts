import { bubblewrap } from '../support/sandbox.ts';
import { choose } from './tool.ts';

/** How agents of stories are shut in, and where their models are. */
export interface StorySandbox {
  name: string;
  /** The section `sandbox` of orch.yaml. */
  settings: Record<string, unknown>;
  /** In a sandbox 127.0.0.1 is the sandbox's own; any other address of loopback is reached by Orch's proxy alone. */
  address: string;
}

const SANDBOXES: readonly StorySandbox[] = [
  { name: 'bwrap', settings: { kind: 'bwrap' }, address: '127.0.0.2' },
  { name: 'none', settings: { kind: 'none', allow_unsandboxed: true }, address: '127.0.0.1' },
];

/** The one of this name; bwrap unless told, where this machine can run it. Throws on a name that is none. */
export function chooseSandbox(name = bubblewrap === null ? 'none' : 'bwrap'): StorySandbox {
  const [chosen] = choose('sandbox', SANDBOXES, each => each.name, name);
  return chosen as StorySandbox;
}
