import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { temporaryDirectory } from '../support/temporary.ts';

describe('the simulator', () => {
  it('gives an App all it needs to know, with what app.yml asks for', async () => {
    await using simulator = await startSimulator({ app: { slug: 'my-orch', id: 77 } });
    expect(simulator.credentials).toMatchObject({
      APP_ID: '77',
      PRIVATE_KEY: expect.stringContaining('BEGIN RSA PRIVATE KEY'),
      GHE_HOST: simulator.url.replace('http://', ''),
      GHE_PROTOCOL: 'http',
    });
    expect(simulator.credentials.WEBHOOK_SECRET.length).toBeGreaterThanOrEqual(32);
    expect(simulator.world.app.bot).toMatchObject({ login: 'my-orch[bot]', type: 'Bot' });
    expect(simulator.world.app.permissions).toMatchObject({ checks: 'write', metadata: 'read' });
    expect(simulator.world.app.events).toContain('issue_comment');
  });

  it('removes its own folder when it ends, and keeps one it was given', async () => {
    await using given = await temporaryDirectory();
    const own = await startSimulator();
    const kept = await startSimulator({ directory: given.path });
    kept.addUser('ada');
    await kept.createRepository({ owner: 'ada', name: 'shop', files: { a: '' } });
    await own.close();
    await kept.close();
    expect(existsSync(own.world.directory)).toBe(false);
    expect(await readdir(given.path)).toEqual(['hooks', 'repositories']);
  });

  it('says so when its port is taken', async () => {
    await using simulator = await startSimulator();
    const port = Number(new URL(simulator.url).port);
    await expect(startSimulator({ port })).rejects.toMatchObject({ code: 'E_PORT_TAKEN' });
  });

  it('serves what else is put on it', async () => {
    await using simulator = await startSimulator({
      extend: (server, { world }) => void server.get('/about', () => world.app.slug),
    });
    expect(await (await fetch(`${simulator.url}/about`)).text()).toBe('orch-simulated');
  });

  it('names people and repositories that it does not know', async () => {
    await using simulator = await startSimulator();
    expect(() => simulator.userToken('nobody')).toThrow('nobody is called nobody on the simulated GitHub');
    expect(() => simulator.addCollaborator('acme/none', 'nobody', 'read')).toThrow(
      'there is no repository acme/none',
    );
  });
});
