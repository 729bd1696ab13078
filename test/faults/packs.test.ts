import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { receivePack } from '../../src/workspace/landing.ts';
import { runHead } from '../../src/workspace/refs.ts';
import { type Bench, bench } from '../support/workspace.ts';

const GIB = 1024 ** 3;

/** What a pack holds: `id` names the object where git would. */
interface Packed {
  id: string;
  bytes: Buffer;
}

describe('fault: an agent pushes a small pack that unfolds to gigabytes or millions of files', () => {
  const bombs: [string, (made: Bench) => { objects: Packed[]; count?: number }, RegExp][] = [
    [
      'a table of fifty million objects',
      () => ({ objects: [object('blob', 'x')], count: 50_000_000 }),
      /over limit/,
    ],
    ['an object that claims to have a gigabyte', () => ({ objects: [claiming(GIB / 2 - 1)] }), /over limit/],
    ['a difference that unfolds to a gigabyte', () => ({ objects: unfolding(GIB) }), /over limit/],
    [
      'ten million files in seven trees',
      made => ({ objects: commitOf(made.sha, wide(7)) }),
      /more than 1000000 files/,
    ],
    [
      'folders in folders, 30,000 deep',
      made => ({ objects: commitOf(made.sha, deep(30_000)) }),
      /too deep|too large/,
    ],
  ];
  describe.each(bombs)('%s', (_, make, reason) => {
    it('it is refused before it is unfolded, and nothing of it stays', async () => {
      await using made = await bench();
      const { objects, count } = make(made);
      const pack = Readable.from([packOf(objects, count)]);
      const sha = objects.at(-1)?.id ?? '';
      const landed = receivePack(made.store, { run: 'T1.1', pack, sha, maxBytes: 100_000_000 });
      await expect(landed).rejects.toMatchObject({
        code: 'E_PUSH_REFUSED',
        message: expect.stringMatching(reason),
      });
      expect(await runHead(made.store, 'T1.1')).toBeNull();
      expect(readdirSync(made.store.directory).filter(name => name.startsWith('quarantine'))).toEqual([]);
    });
  });
});

it('a wide tree within the limit is taken', async () => {
  await using made = await bench();
  const objects = commitOf(made.sha, wide(3));
  const sha = objects.at(-1)?.id ?? '';
  await receivePack(made.store, {
    run: 'T1.1',
    pack: Readable.from([packOf(objects)]),
    sha,
    maxBytes: 1e8,
  });
  expect(await runHead(made.store, 'T1.1')).toBe(sha);
});

const TYPES = { commit: 1, tree: 2, blob: 3 } as const;
const REF_DELTA = 7;

function object(type: keyof typeof TYPES, content: Buffer | string): Packed {
  const bytes = Buffer.from(content);
  const id = createHash('sha1').update(`${type} ${bytes.length}\0`).update(bytes).digest('hex');
  return { id, bytes: Buffer.concat([header(TYPES[type], bytes.length), deflateSync(bytes)]) };
}

function claiming(size: number): Packed {
  return { id: '', bytes: Buffer.concat([header(TYPES.commit, size), deflateSync(Buffer.alloc(10))]) };
}

/** A blob of 16 MB of zeros, and a difference that copies it until the size is there. */
function unfolding(size: number): Packed[] {
  const base = object('blob', Buffer.alloc(0xff_ff_ff));
  const copies = Math.ceil(size / 0xff_ff_ff);
  const copy = Buffer.from([0b1111_0000, 0xff, 0xff, 0xff]);
  const delta = Buffer.concat([varint(0xff_ff_ff), varint(copies * 0xff_ff_ff), ...Array(copies).fill(copy)]);
  const bytes = [header(REF_DELTA, delta.length), Buffer.from(base.id, 'hex'), deflateSync(delta)];
  return [base, { id: '', bytes: Buffer.concat(bytes) }];
}

/** Ten entries a tree, all the same one below: 10 ** levels files. */
function wide(levels: number): Packed[] {
  return nested(levels, 10);
}

function deep(levels: number): Packed[] {
  return nested(levels, 1);
}

function nested(levels: number, width: number): Packed[] {
  const objects = [object('blob', 'x')];
  for (let level = 0; level < levels; level++) {
    const mode = level === 0 ? '100644' : '40000';
    const below = Buffer.from(objects.at(-1)?.id ?? '', 'hex');
    const entries = Array.from({ length: width }, (_, n) =>
      Buffer.concat([Buffer.from(`${mode} ${n}\0`), below]),
    );
    objects.push(object('tree', Buffer.concat(entries)));
  }
  return objects;
}

function commitOf(parent: string, objects: Packed[]): Packed[] {
  const who = 'A <a@example.com> 1700000000 +0000';
  const text = `tree ${objects.at(-1)?.id}\nparent ${parent}\nauthor ${who}\ncommitter ${who}\n\nBomb\n`;
  return [...objects, object('commit', text)];
}

function packOf(objects: Packed[], count = objects.length): Buffer {
  const head = Buffer.alloc(12);
  head.write('PACK');
  head.writeUInt32BE(2, 4);
  head.writeUInt32BE(count, 8);
  const body = Buffer.concat([head, ...objects.map(({ bytes }) => bytes)]);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
}

/** Type and size as a pack has them: four bits of the size beside the type, then seven a byte. */
function header(type: number, size: number): Buffer {
  const rest = Math.floor(size / 16);
  const first = (type << 4) | (size % 16);
  return rest === 0 ? Buffer.from([first]) : Buffer.concat([Buffer.from([first | 0x80]), varint(rest)]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push((left % 128) | 0x80);
  }
}
