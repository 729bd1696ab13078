import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { probe, probeAlone } from '../../../src/agent/sandbox/probe.ts';
import type { Enclosure, Sandbox } from '../../../src/agent/sandbox/sandbox.ts';
import { bubblewrap } from '../../support/sandbox.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const sandbox = bubblewrap as Sandbox;
const unavailable = (why: string) => ({
  code: 'E_SANDBOX_UNAVAILABLE',
  message: expect.stringContaining(why),
});

/** A sandbox of bubblewrap with one of its walls taken out. */
function without(change: (words: readonly string[]) => string[]): Sandbox {
  return {
    ...sandbox,
    enclose(places): Enclosure {
      const enclosure = sandbox.enclose(places);
      return { ...enclosure, prefix: change(enclosure.prefix) };
    },
  };
}

const beforeEnd = (words: readonly string[], ...more: string[]) => [...words.slice(0, -1), ...more, '--'];

describe.skipIf(bubblewrap === null)('the probe of a sandbox', () => {
  it('is content with bubblewrap', async () => {
    await probeAlone(sandbox);
  });

  it.each([
    [
      'the network',
      (words: readonly string[]) => words.filter(word => word !== '--unshare-net'),
      'the network can be reached',
    ],
    [
      'the processes',
      (words: readonly string[]) =>
        beforeEnd(
          words.filter(word => !['--unshare-pid', '--unshare-user', '--disable-userns'].includes(word)),
          '--ro-bind',
          '/proc',
          '/proc',
        ),
      'other processes can be seen',
    ],
    [
      'the outside',
      (words: readonly string[]) => beforeEnd(words, '--bind', '/', '/', '--proc', '/proc', '--dev', '/dev'),
      'files outside can be seen; and written',
    ],
  ])('finds that %s can be reached', async (_, change, expected) => {
    await expect(probeAlone(without(change))).rejects.toMatchObject(unavailable(expected));
  });

  it('finds that the broker can not', async () => {
    const apart: Sandbox = { ...sandbox, enclose: places => sandbox.enclose({ ...places, read: [] }) };
    await expect(probeAlone(apart)).rejects.toMatchObject(unavailable('the broker is out of reach'));
  });

  it('finds that nothing ran at all, though it was said to have gone well', async () => {
    await using folder = await temporaryDirectory();
    const silent = join(folder.path, 'silent');
    writeFileSync(silent, '#!/bin/sh\n', { mode: 0o755 });
    const expected = { tree: folder.path, outside: folder.path, broker: silent, network: 'open' } as const;
    const enclosure = { prefix: [silent], session: [], environment: {} };
    await expect(probe(enclosure, expected)).rejects.toMatchObject(unavailable("it can't be made"));
  });
});
