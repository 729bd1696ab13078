import { createHash, generateKeyPairSync } from 'node:crypto';

/** Letters and digits that look random and are the same each time: nothing in this repository has the shape of a token. */
export function scramble(seed: string, length: number, alphabet = LETTERS_AND_DIGITS): string {
  let text = '';
  for (let block = 0; text.length < length; block++) {
    const digest = createHash('sha256').update(`${seed}:${block}`).digest();
    text += Array.from(digest, byte => alphabet[byte % alphabet.length]).join('');
  }
  return text.slice(0, length);
}

const LETTERS_AND_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export function fakeKey(type: 'pkcs1' | 'pkcs8' = 'pkcs1'): string {
  const pem = { type, format: 'pem' } as const;
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export(pem) as string;
}

/** One token of each kind, by what Orch calls it. */
export const FAKE_TOKENS: readonly [what: string, token: string][] = [
  ['a GitHub token', `ghp_${scramble('ghp', 36)}`],
  ['a GitHub token', `ghs_${scramble('ghs', 36)}`],
  ['a GitHub token', longToken('1234567')],
  ['a GitHub token', `github_pat_${scramble('pat', 22)}_${scramble('pat2', 59)}`],
  ['a GitLab token', `glpat-${scramble('gl', 20)}`],
  ['an Anthropic key', `sk-ant-api03-${scramble('ant', 93)}AA`],
  ['an OpenAI key', `sk-proj-${scramble('oai', 74)}T3BlbkFJ${scramble('oai2', 74)}`],
  ['an API key', `sk-${scramble('old', 48)}`],
  ['an API key', `sk-or-v1-${scramble('or', 64, '0123456789abcdef')}`],
  ['a Google key', `AIza${scramble('g', 35)}`],
  ['a Google token', `GOCSPX-${scramble('gs', 28)}`],
  ['an AWS key', `AKIA${scramble('aws', 16, UPPER)}`],
  ['a Slack token', `xoxb-${scramble('x', 12, '0123456789')}-${scramble('x2', 24)}`],
  [
    'a Slack webhook',
    `hooks.slack.com/services/T${scramble('h', 10)}/B${scramble('h2', 10)}/${scramble('h3', 24)}`,
  ],
  ['a Stripe key', `sk_live_${scramble('st', 24)}`],
  ['an npm token', `npm_${scramble('npm', 36)}`],
  ['a PyPI token', `pypi-AgEIcHlwaS5vcmc${scramble('py', 80)}`],
  ['a Hugging Face token', `hf_${scramble('hf', 34)}`],
  ['a DigitalOcean token', `dop_v1_${scramble('do', 64, '0123456789abcdef')}`],
  ['a SendGrid key', `SG.${scramble('sg', 22)}.${scramble('sg2', 43)}`],
  ['an Azure secret', `abc8Q~${scramble('az', 34)}`],
  ['an Azure storage key', `AccountKey=${scramble('as', 86)}==`],
  ['a JSON web token', `eyJ${scramble('j', 30)}.eyJ${scramble('j2', 80)}.${scramble('j3', 43)}`],
];

/** GitHub's stateless token, `ghs_APPID_JWT`: some 520 characters. */
function longToken(app: string): string {
  const part = (seed: string, length: number) => scramble(seed, length, `${LETTERS_AND_DIGITS}-_`);
  return `ghs_${app}_eyJ${part('a', 33)}.eyJ${part('b', 120)}.${part('c', 342)}`;
}
