import { GitHubError } from '../http/errors.ts';

type Declared = Readonly<Record<string, { required: boolean; default?: string | undefined } | null>>;

/** GitHub takes so many characters of a dispatch's inputs. */
const MOST_CHARACTERS = 65_535;

/** The inputs of a dispatch with the defaults of those that are not given. Throws GitHub's 422. */
export function inputsOf(
  declared: Declared,
  given: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const unknown = Object.keys(given).filter(name => !Object.hasOwn(declared, name));
  if (unknown.length > 0)
    throw new GitHubError(422, `Unexpected inputs provided: ${JSON.stringify(unknown)}`);
  const inputs: Record<string, string> = {};
  for (const [name, about] of Object.entries(declared)) {
    const value = given[name] === undefined ? (about?.default ?? '') : String(given[name]);
    if (about?.required && value === '') throw new GitHubError(422, `Required input '${name}' not provided`);
    inputs[name] = value;
  }
  if (JSON.stringify(inputs).length > MOST_CHARACTERS) throw new GitHubError(422, 'inputs are too large.');
  return inputs;
}
