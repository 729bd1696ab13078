import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../../src/config/settings.ts';
import { checkEngine } from '../../../src/daemon/doctor/engine.ts';
import { OF_ACTIONS } from '../../../src/github/workflows.ts';

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

/** What is found where GitHub says this of the App; null: it says nothing. */
async function found(app: object | null, text = 'engine: actions') {
  const server = createServer((_, response) => {
    response.writeHead(app === null ? 500 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(app ?? { message: 'Oops' }));
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  try {
    const { settings } = loadSettings({ env: { HOME: '/nowhere' }, text });
    return await checkEngine(settings, {
      APP_ID: '1',
      PRIVATE_KEY: privateKey,
      WEBHOOK_SECRET: 'a'.repeat(40),
      GHE_HOST: `127.0.0.1:${(server.address() as AddressInfo).port}`,
      GHE_PROTOCOL: 'http',
    });
  } finally {
    server.close();
  }
}

const MAY = { permissions: { actions: 'write' }, events: OF_ACTIONS };

describe('orch doctor, where GitHub Actions carries runs out,', () => {
  it('says where they go', async () => {
    expect(await found(MAY)).toMatchObject([{ state: 'ok', says: expect.stringContaining('orch.yml') }]);
    const central = 'engine: actions\nactions: { repository: acme/runners, workflow: run.yml }';
    expect((await found(MAY, central))[0]?.says).toContain('run.yml in acme/runners');
  });

  it('finds an App that may start no workflows, and one that hears of none', async () => {
    expect(await found({ ...MAY, permissions: { actions: 'read' } })).toMatchObject([{ state: 'problem' }]);
    expect(await found({ ...MAY, events: ['push'] })).toMatchObject([
      { state: 'note', says: expect.stringContaining('without workflow_run, workflow_job') },
    ]);
  });

  it('says that GitHub does not tell, and asks nothing with another engine', async () => {
    expect(await found(null)).toMatchObject([{ state: 'note', says: expect.stringContaining('Oops') }]);
    expect(await found(null, 'engine: local')).toEqual([]);
  });
});
