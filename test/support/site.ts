import { type IncomingMessage, request } from 'node:http';
import { addPages } from '../../src/simulator/pages/pages.ts';
import { testGitHub } from './github.ts';

/** The pages of acme/shop with one issue, one comment and one pull request. */
export async function startSite() {
  const github = await testGitHub({ extend: addPages });
  const { simulator } = github;
  const { url } = simulator;
  await simulator.openIssue('acme/shop', { title: 'Broken', user: 'ada' });
  await simulator.comment('acme/shop', 1, 'Really', 'tess');
  const files = { 'src/cart.js': 'export const total = 2;\n' };
  const head = await simulator.pushCommit('acme/shop', 'fix', files, 'ada', 'Count to two');
  await simulator.openPull('acme/shop', { title: 'Fix', head: 'fix', base: 'main', user: 'ada' });
  await simulator.idle();
  return {
    github,
    url,
    head,
    get: (path: string, user = 'ada') => ask(url, 'GET', path, { cookie: `orch-acting-as=${user}` }),
    post: (path: string, form: Record<string, string>, user = 'ada', headers: Headers = {}) =>
      ask(url, 'POST', path, { cookie: `orch-acting-as=${user}`, origin: url, ...headers }, form),
    [Symbol.asyncDispose]: () => github[Symbol.asyncDispose](),
  };
}

type Headers = Record<string, string | undefined>;

/** One request as a browser sends it; unlike fetch it may name any host and origin. */
async function ask(
  url: string,
  method: string,
  path: string,
  headers: Headers,
  form?: Record<string, string>,
) {
  const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
  const type = form && { 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request(
      url + path,
      { method, headers: { ...given, ...type } as Record<string, string> },
      resolve,
    );
    outgoing.on('error', reject).end(form && new URLSearchParams(form).toString());
  });
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return {
    status: answer.statusCode,
    body: Buffer.concat(chunks).toString(),
    location: answer.headers.location,
    cookie: answer.headers['set-cookie']?.[0],
    policy: answer.headers['content-security-policy'],
  };
}
