import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { say } from '../cli/output.ts';
import { foundAgents } from '../config/profiles/found.ts';
import { currentBranch, findRepository } from '../local/repository.ts';
import { OrchError } from '../shared/errors.ts';

const HEAD = `# Orch's settings for this repository. Every key: docs/settings.md
`;

/** `orch init`: writes an orch.yaml with the agents that are on PATH; one that is there stays. */
export async function init(options: { json?: boolean }): Promise<void> {
  const repository = await findRepository(process.cwd());
  await currentBranch(repository);
  const file = join(repository.top, 'orch.yaml');
  if (existsSync(file)) {
    const remedy = 'Edit it, or move it away and ask again.';
    throw new OrchError('E_USAGE', `${file} is there already`, { remedy });
  }
  const found = foundAgents(process.env.PATH ?? '');
  if (found.length === 0) {
    const remedy = 'Install one: claude, codex, gemini or opencode. See: orch agents --check';
    throw new OrchError('E_NO_AGENT', 'No agent that Orch knows is on PATH', { remedy });
  }
  const agents = Object.fromEntries(found.map(name => [name, { max_instances: 2 }]));
  writeFileSync(file, `${HEAD}${stringify({ agents })}`, { flag: 'wx' });
  if (options.json) return say(JSON.stringify({ file, agents: found }, null, 2));
  say(`${file} is written, with ${found.join(', ')}.\nNext: orch start`);
}
