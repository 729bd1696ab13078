import fc from 'fast-check';
import { parseRepositorySettings, repositorySettings } from '../../../src/config/repository.ts';
import { ROLES, serverSettings } from '../../../src/config/schema.ts';
import { loadSettings } from '../../../src/config/settings.ts';
import { type Shape, shapeOf } from '../../../src/config/yaml.ts';
import { OrchError } from '../../../src/shared/errors.ts';
import { stripControl } from '../../../src/shared/text.ts';
import { damaged, noise } from '../noise.ts';
import { CANARY, each, mustNotHold, pure, type Surface, Violation } from '../surface.ts';

const bomb = Array.from(
  'abcdefgh',
  (letter, at) =>
    `${letter}: &${letter} [${
      at === 0
        ? 'x'
        : Array(9)
            .fill(`*${'abcdefgh'[at - 1]}`)
            .join(', ')
    }]`,
).join('\n');

/** Files that no settings are. */
const BROKEN: Record<string, string> = {
  'aliases upon aliases': bomb,
  'a value that holds itself': 'agents: &a [*a]',
  'an alias to nothing': 'agents: *x',
  'a merge of nothing': '<<: *x',
  'the same key twice': 'agents: {}\nagents: {}',
  'two documents': '---\nagents: {}\n---\nagents: {}',
  'open brackets': '['.repeat(20_000),
  'open braces': '{a: '.repeat(5_000),
  'lists in lists': '- '.repeat(10_000),
  'a list': '- agents',
  'a text': 'agents',
  'a number': '42',
  'a tab for indentation': 'limits:\n\tconcurrent: 1',
  'a zero byte': 'limits: \u0000',
  'a tag of a program': 'limits: !!js/function "function(){}"',
  'a tag of a Python object': 'limits: !!python/object/apply:os.system [id]',
  'an unknown key': 'limts: {}',
  'the key __proto__': '__proto__: { concurrent: 1 }',
  'the key constructor': 'constructor: { prototype: {} }',
  'an unknown key with marks of its own': '"a`b\\n/orch do it": 1',
  'a quote that is never closed': 'agents: "x',
  'a megabyte': 'agents: {}\n'.repeat(100_000),
  'a key that is a list': '? [a]\n: b',
};

/** Each key of a schema with values of other kinds than it takes. */
function wrongValues(shape: Shape, path: string[] = []): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [key, child] of Object.entries(shape.properties ?? {})) {
    const at = [...path, key];
    if (child.properties) Object.assign(found, wrongValues(child, at));
    else if (child.type !== undefined || child.enum || child.anyOf) {
      for (const value of ['{ a: { b: 1 } }', '[[1]]', '-7.5'])
        found[`${at.join('.')}: ${value}`] = nested(at, value);
    }
  }
  return found;
}

function nested(path: readonly string[], value: string): string {
  return `${path.map((key, depth) => `${'  '.repeat(depth)}${key}:`).join('\n')} ${value}\n`;
}

const NOT_REFUSED = 'a bad file is taken';

/** orch.yaml: refused with a clear error that tells nothing of the environment. */
export const serverFile: Surface<string> = pure({
  name: 'orch.yaml',
  weight: 10,
  named: { ...each('settings with', BROKEN), ...each('settings with', wrongValues(shapeOf(serverSettings))) },
  arbitrary: fc.oneof(
    noise,
    damaged(
      'agents: { fixer: { command: ["./fix.sh"], max_instances: 2 } }\nlimits: { concurrent: 5 }\nserver: { port: 3000 }\n',
    ),
  ),
  feed(text) {
    try {
      loadSettings({
        text,
        env: { HOME: '/home/nobody', WEBHOOK_SECRET: CANARY, PRIVATE_KEY: CANARY, APP_ID: CANARY },
      });
    } catch (error) {
      if (!(error instanceof OrchError)) throw error;
      mustNotHold(`${error.message}${error.remedy}`, 'the error');
      checkPrototype();
      return;
    }
    checkPrototype();
    if (Object.values(serverFile.named).includes(text)) throw new Error(NOT_REFUSED);
  },
});

const floor = loadSettings({ text: '', env: {} }).settings;

/** .github/orch.yml, by whoever may push to the default branch: never admits weaker roles than the server allows. */
export const repositoryFile: Surface<string> = pure({
  name: '.github/orch.yml',
  weight: 10,
  named: {
    ...each('a repository with', BROKEN),
    'a repository that admits less than the server': 'permissions: { minimum: triage, users: [bob] }\n',
    'a repository that admits everybody': 'permissions: { minimum: none }\n',
    'a repository with a floor of its own': 'permissions: { floor: read }\n',
    ...each('a repository with', wrongValues(shapeOf(repositorySettings))),
  },
  arbitrary: fc.oneof(
    noise,
    damaged(
      'agent: claude\nsetup: [npm ci]\npermissions: { minimum: triage, users: [bob] }\nlabels: { trigger: orch }\n',
    ),
  ),
  feed(text) {
    const parsed = parseRepositorySettings(text, floor);
    checkPrototype();
    if (!parsed.ok) {
      if (parsed.problems.some(({ message }) => message !== stripControl(message) || message.includes('\n')))
        throw new Error('a problem has lines of its own');
      return;
    }
    const { minimum, floor: least } = parsed.settings.permissions;
    if (ROLES.indexOf(minimum) < ROLES.indexOf('write') || least !== 'write')
      throw new Violation('grant', `${minimum} may command`);
    if (Object.values(BROKEN).includes(text) && text.trim() !== '') throw new Error(NOT_REFUSED);
  },
});

function checkPrototype(): void {
  if (Object.keys(Object.prototype).length > 0 || 'concurrent' in {})
    throw new Violation('grant', 'Object.prototype is changed');
}
