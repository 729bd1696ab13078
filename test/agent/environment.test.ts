import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { agentEnvironment } from '../../src/agent/environment.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const run = { bin: '/run/bin' };

it('passes where the user lives, the language, proxies and certificates', () => {
  const daemon = {
    ...{
      HOME: '/home/ada',
      USER: 'ada',
      LANG: 'de_DE.UTF-8',
      LC_TIME: 'C',
      XDG_CONFIG_HOME: '/home/ada/.c',
      TZ: 'UTC',
    },
    ...{ HTTPS_PROXY: 'http://p:1', https_proxy: 'http://p:1', NO_PROXY: 'a', no_proxy: 'a', ALL_PROXY: 'b' },
    ...{ NODE_EXTRA_CA_CERTS: '/ca', SSL_CERT_FILE: '/ca', CURL_CA_BUNDLE: '/ca', REQUESTS_CA_BUNDLE: '/ca' },
  };
  expect(agentEnvironment(daemon, {}, run)).toMatchObject(daemon);
});

it('passes nothing else, however harmless its name', () => {
  const daemon = {
    ...{
      PRIVATE_KEY: 'k',
      WEBHOOK_SECRET: 's',
      GITHUB_TOKEN: 't',
      ORCH_HOME: '/o',
      AWS_SECRET_ACCESS_KEY: 'a',
    },
    ...{
      SSH_AUTH_SOCK: '/s',
      LD_PRELOAD: '/x.so',
      NODE_OPTIONS: '-r x',
      TMUX: '/t',
      EDITOR: 'vi',
      MY_HTTP_PROXY: 'x',
    },
  };
  const names = Object.keys(agentEnvironment(daemon, {}, run)).sort();
  expect(names).toEqual(['GIT_EDITOR', 'GIT_PAGER', 'GIT_TERMINAL_PROMPT', 'PAGER', 'PATH', 'TERM']);
});

it("lets the profile add and override, but never hand out what is Orch's", () => {
  const profile = {
    ...{ ANTHROPIC_API_KEY: 'model key', LANG: 'C', PAGER: 'less' },
    ...{
      APP_ID: '1',
      PRIVATE_KEY: 'k',
      PRIVATE_KEY_PATH: '/k',
      WEBHOOK_SECRET: 's',
      GITHUB_CLIENT_SECRET: 'c',
    },
    ...{ GITHUB_TOKEN: 't', GH_TOKEN: 't', GH_ENTERPRISE_TOKEN: 't', ORCH_HOME: '/o', ORCH_LAUNCH: 'other' },
  };
  const environment = agentEnvironment({ LANG: 'de_DE.UTF-8' }, profile, run);
  expect(environment).toMatchObject({ ANTHROPIC_API_KEY: 'model key', LANG: 'C', PAGER: 'less' });
  expect(Object.keys(environment).filter(name => /TOKEN|SECRET|PRIVATE|^ORCH|APP_ID/.test(name))).toEqual([]);
});

it('ends with what the run adds', () => {
  const environment = agentEnvironment(
    {},
    { GIT_EDITOR: 'ed' },
    { ...run, variables: { ORCH_SOCKET: '/s', GIT_EDITOR: 'x' } },
  );
  expect(environment).toMatchObject({ ORCH_SOCKET: '/s', GIT_EDITOR: 'x' });
});

it("searches programs in the run's folder first, and never in Orch's own packages or the worktree", () => {
  const daemon = [
    `${ROOT}/node_modules/.bin`,
    `${resolve(ROOT, '..')}/node_modules/.bin`,
    '/node_modules/.bin',
    `${ROOT}/node_modules/@npmcli/run-script/lib/node-gyp-bin`,
    ...['.', '', 'node_modules/.bin', '/opt/tool/node_modules/.bin', '/usr/bin'],
  ].join(':');
  expect(agentEnvironment({ PATH: daemon }, {}, run).PATH).toBe(
    '/run/bin:/opt/tool/node_modules/.bin:/usr/bin',
  );
});

it('searches where the profile says, or in the usual places', () => {
  expect(agentEnvironment({ PATH: '/usr/bin' }, { PATH: '/opt/bin' }, run).PATH).toBe('/run/bin:/opt/bin');
  expect(agentEnvironment({}, {}, run).PATH).toBe('/run/bin:/usr/bin:/bin');
});
