import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { serve } from '../../src/daemon/serve.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { temporaryDirectory } from '../support/temporary.ts';

afterEach(() => vi.unstubAllEnvs());

describe('serve', () => {
  it('runs until it is told to stop, and leaves nothing open', async () => {
    await using home = await temporaryDirectory();
    await using github = await startSimulator();
    for (const [name, value] of Object.entries(github.credentials)) vi.stubEnv(name, value);
    const config = join(home.path, 'orch.yaml');
    writeFileSync(
      config,
      'sandbox: { kind: none, allow_unsandboxed: true }\nredis: { url: redis://127.0.0.1 }\n',
    );
    const ended = serve({ config, home: home.path, port: '0', logLevel: 'info' });
    const log = join(home.path, 'logs', 'orch.log');
    const url = await vi.waitUntil(
      () => {
        const found = tryRead(log).match(/"url":"([^"]+)"/);
        return found?.[1];
      },
      { timeout: 15_000 },
    );
    expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ status: 'ok' });
    expect((await fetch(`${url}/nothing`)).status).toBe(404);
    expect((await fetch(`${url}/api/github/webhooks`, { method: 'POST', body: '{}' })).status).toBe(400);
    expect(tryRead(log)).toContain('redis is accepted');
    expect(tryRead(log)).toContain('no agent can run');
    process.emit('SIGTERM');
    await ended;
    await expect(fetch(`${url}/health`)).rejects.toThrow();
  });
});

function tryRead(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
