import type { Stretch } from './known.ts';

/** A kind of token that can be told by its shape alone. */
interface Shape {
  what: string;
  /** One of these is in each; a text without any is not searched for the rest. */
  keywords: readonly string[];
  pattern: RegExp;
}

/**
 * Tokens that their issuers gave a shape of their own, so that scanners find them. Lengths and prefixes are facts of
 * the issuers' documentation, as the rules of gitleaks 8 list them. GitHub's `ghs_APPID_JWT` has about 520 characters,
 * with dots, underscores and dashes (GitHub's changelog of 2026-05-15).
 */
const SHAPES: readonly Shape[] = [
  token('a GitHub token', ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'], 'gh[pousr]_[\\w.-]{36,}'),
  token('a GitHub token', ['github_pat_'], 'github_pat_\\w{36,}'),
  token('a GitLab token', ['glpat-', 'gldt-', 'glrt-', 'glptt-'], 'gl(?:pat|dt|rt|ptt)-[\\w.-]{20,}'),
  token('an Anthropic key', ['sk-ant-'], 'sk-ant-[a-z]{2,8}\\d\\d-[\\w-]{20,}'),
  token('an OpenAI key', ['sk-proj-', 'sk-svcacct-', 'sk-admin-'], 'sk-(?:proj|svcacct|admin)-[\\w-]{40,}'),
  token('an API key', ['sk-'], 'sk-(?:or-v1-)?(?=[A-Za-z]{0,30}\\d)[A-Za-z0-9]{32,}'),
  token('a Google key', ['AIza'], 'AIza[\\w-]{35}(?![\\w-])'),
  token('a Google token', ['GOCSPX-', 'ya29.'], '(?:GOCSPX-[\\w-]{28}|ya29\\.[\\w-]{30,})'),
  token('an AWS key', ['AKIA', 'ASIA', 'ABIA', 'ACCA'], 'A(?:KI|SI|BI|CC)A[A-Z2-7]{16}(?<!EXAMPLE)(?!\\w)'),
  token('a Slack token', ['xox', 'xapp-'], '(?:xox[abeoprs]-|xapp-\\d-)[\\w-]{20,}'),
  token('a Slack webhook', ['hooks.slack.com'], 'hooks\\.slack\\.com/services/[\\w/]{40,}'),
  token('a Stripe key', ['k_live_', 'whsec_'], '(?:[rs]k_live_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/]{32,})'),
  token('an npm token', ['npm_'], 'npm_[A-Za-z0-9]{36}(?!\\w)'),
  token('a PyPI token', ['pypi-AgE'], 'pypi-AgE[\\w-]{50,}'),
  token('a Hugging Face token', ['hf_'], 'hf_[A-Za-z0-9]{34}(?!\\w)'),
  token('a DigitalOcean token', ['_v1_'], 'do[opr]_v1_[a-f0-9]{64}'),
  token('a SendGrid key', ['SG.'], 'SG\\.[\\w-]{22}\\.[\\w-]{43}'),
  token('an Azure secret', ['Q~'], '[\\w~.]{3}\\dQ~[\\w~.-]{31,34}(?![\\w~.-])'),
  token('an Azure storage key', ['AccountKey='], 'AccountKey=[A-Za-z0-9+/]{86}=='),
  {
    what: 'a JSON web token',
    keywords: ['eyJ'],
    // Not after an underscore or dash either: each part would else be searched from many places.
    pattern: /(?:(?<![\w-])|(?<=%[0-9A-Fa-f]{2}|\\[nrtbf]))eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{16,}/g,
  },
  {
    what: 'a private key',
    keywords: ['PRIVATE KEY-----', 'PRIVATE KEY BLOCK-----'],
    // Headers, or what quotes and joins lines in source code; then up to the next two dashes: a key that was cut short
    // has no end and is no less secret.
    pattern:
      /-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:\\[nr]|[\s"'+,>|#*]|[A-Za-z-]{4,20}: [^\n\\]{1,80}){0,40}[A-Za-z0-9+/]{40}(?:[^-]|-(?!-)){0,20000}(?:-----END [A-Z0-9 ]{1,50}-----)?/g,
  },
];

/** What in a text has the shape of a secret, sorted by kind. Its time grows with the text's length, whatever is in it. */
export function findShapes(text: string): Stretch[] {
  return SHAPES.flatMap(({ what, keywords, pattern }) => {
    if (!keywords.some(keyword => text.includes(keyword))) return [];
    return Array.from(text.matchAll(pattern), match => {
      return { start: match.index, end: match.index + match[0].length, what };
    });
  });
}

/** Each begins where a word begins; `%3D` and `\n` before it, as URLs and JSON have them, are no part of that word. */
function token(what: string, keywords: readonly string[], pattern: string): Shape {
  const start = '(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}|\\\\[nrtbf]))';
  return { what, keywords, pattern: new RegExp(start + pattern, 'g') };
}
