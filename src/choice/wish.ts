import { OrchError } from '../shared/errors.ts';
import { nearest } from '../shared/nearest.ts';
import { isCapable, type Profile } from './candidates.ts';

type Named = Pick<Profile, 'name' | 'capabilities'>;

/**
 * Refuses what nobody here may take, before it is queued. `allowed`: the agents that the repository allows; null is all.
 * Errors: E_NO_AGENT, E_UNKNOWN_AGENT, E_CAPABILITY.
 */
export function checkWish(
  profiles: readonly Named[],
  allowed: readonly string[] | null,
  { agent = null, capabilities = [] }: { agent?: string | null; capabilities?: readonly string[] },
): void {
  const here = profiles.filter(({ name }) => !allowed || allowed.includes(name));
  if (here.length === 0) throw new OrchError('E_NO_AGENT', 'No agent is set up for this repository');
  const asked = here.filter(({ name }) => agent === null || name === agent);
  if (agent !== null && asked.length === 0) throw unknownAgent(agent, here);
  if (!asked.some(profile => isCapable(profile, capabilities))) throw incapable(asked, here, capabilities);
}

function unknownAgent(agent: string, here: readonly Named[]): OrchError {
  const names = here.map(({ name }) => name);
  const message = `There is no agent \`${agent}\` here${guess(agent, names)}`;
  return new OrchError('E_UNKNOWN_AGENT', message, { remedy: `Agents: ${listed(names)}.` });
}

function incapable(asked: readonly Named[], here: readonly Named[], wanted: readonly string[]): OrchError {
  const known = [...new Set(here.flatMap(({ capabilities }) => capabilities))].sort();
  const missing = wanted.filter(word => !asked.some(profile => isCapable(profile, [word])));
  const hint = missing.length === 1 ? guess(missing[0] ?? '', known) : '';
  const [only] = asked;
  const who = asked.length === 1 && only ? `The agent \`${only.name}\` has not` : 'No agent here has';
  const what = listed(missing.length > 0 ? missing : wanted);
  const message = `${who} the capability ${what}${missing.length > 0 ? '' : ' in one'}${hint}`;
  const there = here.map(({ name, capabilities }) => `\`${name}\` has ${listed(capabilities) || 'none'}`);
  return new OrchError('E_CAPABILITY', message, {
    remedy: `Ask without it, or for what is there: ${there.join('; ')}.`,
  });
}

function guess(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near ? `; did you mean \`${near}\`?` : '';
}

function listed(words: readonly string[]): string {
  return words.map(word => `\`${word}\``).join(', ');
}
