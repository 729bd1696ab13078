import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readContext } from '../../../src/cli/worktree/context.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

describe('orch context', () => {
  it('lists the files, and prints one, by the name in the prompt too', async () => {
    await using home = await temporaryDirectory();
    const env = { ORCH_CONTEXT: home.path };
    expect(await readContext({ env }, undefined)).toBe('Nothing is known of this repository yet.');
    mkdirSync(join(home.path, 'agent_outputs'));
    writeFileSync(join(home.path, 'agent_outputs/one.md'), 'One\n');
    writeFileSync(join(home.path, 'current_state.md'), 'State');
    expect(await readContext({ env }, undefined)).toBe('4\tagent_outputs/one.md\n5\tcurrent_state.md');
    expect(await readContext({ env }, '.orch-context/current_state.md')).toBe('State');
    await expect(readContext({ env }, 'gone.md')).rejects.toThrow(
      'There is no gone.md in the shared context',
    );
    await expect(readContext({ env: {} }, undefined)).rejects.toThrow('ORCH_CONTEXT is not set');
  });
});
