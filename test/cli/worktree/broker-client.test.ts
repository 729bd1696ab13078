import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exchange } from '../../../src/cli/worktree/broker-client.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

describe("the worktree's way to the broker", () => {
  it('waits for a daemon that is just starting', async () => {
    await using home = await temporaryDirectory();
    const broker = join(home.path, 'broker.sock');
    const answer = exchange({ broker, patience: 10_000 }, { kind: 'done', summary: null });
    const server = createServer({ allowHalfOpen: true }, socket => socket.resume().end('{"ok":true}\n'));
    await once(server.listen(broker), 'listening');
    expect(await answer).toEqual({ ok: true });
    server.close();
  });

  it('says what it may mean when nobody is there', async () => {
    await using home = await temporaryDirectory();
    const answer = exchange({ broker: join(home.path, 'broker.sock'), patience: 0 }, { kind: 'refs' });
    await expect(answer).rejects.toThrow('the run has ended, or Orch is not running');
  });

  it('says what it may mean when the connection is closed without an answer', async () => {
    await using home = await temporaryDirectory();
    const broker = join(home.path, 'broker.sock');
    const server = createServer(socket => socket.end());
    await once(server.listen(broker), 'listening');
    const answer = exchange({ broker, patience: 0 }, { kind: 'refs' });
    await expect(answer).rejects.toThrow('Orch closed the connection');
    server.close();
  });
});
