import { parseComment } from '../../../src/command/comment.ts';
import { noise } from '../noise.ts';
import { each, pure, type Surface, texts, Violation } from '../surface.ts';

const VALUES: Record<string, string[]> = {
  agent: ['Claude', '9lives', '-x', 'a'.repeat(40), '../x', 'a;b', '$(id)', 'ä', 'a/b'],
  model: ['-rf', '$(id)', 'a;b', '"x', 'ä', '/etc/passwd', 'x'.repeat(101), '`id`'],
  priority: ['urgent', 'HIGHEST', '0', '-1', 'high,low', 'null'],
  timeout: ['30', '0m', '25h', '-5m', '1e9m', '1m1m', 'soon', '59s', '99999999h'],
  base: [
    '-x',
    '/x',
    '.x',
    'a..b',
    'a//b',
    'a.lock',
    'a/',
    'a~1',
    'a^',
    'a:b',
    'a?',
    'a*',
    'a[b',
    'a\\b',
    '@{1}',
    'x'.repeat(201),
  ],
};

const MISSPELT = [
  'cancle',
  'cancell',
  'retyr',
  'rety',
  'stats',
  'sttaus',
  'hlep',
  'halp',
  'canel',
  'retr',
  'paus',
  'resum',
  'aprove',
  'rolback',
];
const RESERVED = ['pause', 'resume', 'logs', 'approve', 'rollback', 'revert', 'prove'];

/** Not commands, or commands that start nothing. */
const HARMLESS: Record<string, string> = {
  'in a fence': '```\n/orch fix it\n```',
  'in a fence of tildes': '~~~\n/orch fix it\n~~~',
  'in a fence that is never closed': '```\n/orch fix it',
  'in indented code': '    /orch fix it',
  'behind a tab': '\t/orch fix it',
  'in a block quote': '> /orch fix it',
  'in a lazy block quote': '> a\n/orch fix it',
  'in a nested block quote': '> > /orch fix it',
  'in a quote within a list': '- > /orch fix it',
  'in an HTML comment': '<!-- \n/orch fix it\n-->',
  'in an HTML comment that is never closed': '<!--\n/orch fix it',
  'in an HTML block': '<div>\n/orch fix it\n</div>',
  'in a script': '<script>\n/orch fix it\n</script>',
  'in a code span': '`\n/orch fix it`',
  'in the middle of a line': 'please /orch fix it',
  'behind a zero-width space': '\u200b/orch fix it',
  'behind a right-to-left override': '\u202e/orch fix it',
  'with an entity for its slash': '&#x2f;orch fix it',
  'behind a backslash': '\\/orch fix it',
  'in capitals': '/ORCH fix it',
  'with a look-alike letter': '/оrch fix it',
  'with a full-width slash': '／orch fix it',
  'as a longer word': '/orchestrate fix it',
  'as a path': '/orch/fix it',
  'with nothing but options': '/orch --agent claude',
  'with nothing but white space': '/orch \u3000\u00a0 ',
  'with the end of options alone': '/orch --',
  'with an empty pair of quotes': '/orch ""',
  'with a task that is none': '/orch cancel T0',
  'with two tasks': '/orch cancel T1 T2',
  'with a task of too many digits': '/orch retry 99999999999999999999',
  'with nothing to say': '/orch say T1',
  'with an option for a sub-command': '/orch --agent claude cancel',
};

/** Comments by anybody: what is no command starts nothing, and answers can't be commands themselves. */
export const comments: Surface<string> = pure({
  name: 'comments',
  weight: 30,
  named: {
    ...each('a command', HARMLESS),
    ...Object.assign(
      {},
      ...Object.entries(VALUES).map(([flag, bad]) =>
        texts(`--${flag}`, bad, value => `/orch --${flag} ${value} fix it`),
      ),
    ),
    ...texts('no value for', Object.keys(VALUES), flag => `/orch --${flag}`),
    ...texts('twice', Object.keys(VALUES), flag => `/orch --${flag} high --${flag} high fix it`),
    ...texts(
      'unknown option',
      ['agnet', 'Agent', 'force', 'no-verify', '-', 'a b', '__proto__', 'constructor'],
      flag => `/orch --${flag} x fix it`,
    ),
    ...texts('misspelt', MISSPELT, word => `/orch ${word}`),
    ...texts('reserved', RESERVED, word => `/orch ${word} it`),
  },
  arbitrary: noise,
  feed(body) {
    const bad = comments.named;
    for (const parsed of parseComment(body)) {
      if (parsed.kind === 'run') {
        if (Object.values(bad).includes(body))
          throw new Violation('grant', `${body} starts ${parsed.instruction}`);
        if (!body.includes('/orch')) throw new Violation('grant', 'an instruction without a command');
      }
      if (parsed.kind === 'reply' && parseComment(parsed.text).length > 0) {
        throw new Violation('grant', `the answer is a command: ${parsed.text}`);
      }
    }
  },
});
