import type { Readable } from 'node:stream';
import { execGit, type GitOptions, withGitOutput } from '../git.ts';

/** What a push would bring that the remote has not: commits, trees and blobs, with the first path that each was met at. */
export interface NewObjects {
  commits: string[];
  /** By object name; commits have none, the root trees an empty one. */
  paths: Map<string, string>;
}

/** Fails when an object is missing. */
export async function newObjects(
  git: GitOptions,
  sha: string,
  known: readonly string[],
): Promise<NewObjects> {
  // Not --all: what the store keeps of refused and rescued commits is not on the remote.
  const args = ['rev-list', '--objects', sha, '--not', '--remotes=origin', ...known];
  const found: NewObjects = { commits: [], paths: new Map() };
  for (const line of (await execGit(args, git)).split('\n')) {
    const space = line.indexOf(' ');
    if (space >= 0) found.paths.set(line.slice(0, space), line.slice(space + 1));
    else if (line !== '') found.commits.push(line);
  }
  return found;
}

export interface ReadObject {
  name: string;
  type: string;
  /** Bytes. */
  size: number;
}

export interface Visitor {
  /** An object comes. What is thrown here ends the reading. */
  begin(object: ReadObject): void;
  /** Its content, part after part. */
  part(bytes: Buffer): void;
}

/** Shows objects to a visitor, one after the other, whatever their size, with time for other work between the parts. */
export async function readObjects(
  git: GitOptions,
  names: readonly string[],
  visitor: Visitor,
): Promise<void> {
  const input = names.map(name => `${name}\n`).join('');
  await withGitOutput(['cat-file', '--batch'], { ...git, input }, stdout => parse(stdout, visitor));
}

async function parse(stdout: Readable, visitor: Visitor): Promise<void> {
  let header = '';
  // Of the content and the line end behind it.
  let left = 0;
  for await (const chunk of stdout as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length; ) {
      if (left > 1) {
        const end = Math.min(at + left - 1, chunk.length);
        visitor.part(chunk.subarray(at, end));
        left -= end - at;
        at = end;
      } else if (left === 1) {
        left = 0;
        at += 1;
      } else {
        const end = chunk.indexOf(10, at);
        header += chunk.toString('latin1', at, end < 0 ? chunk.length : end);
        at = end < 0 ? chunk.length : end + 1;
        if (end < 0) continue;
        const [name = '', type = '', size = ''] = header.split(' ');
        header = '';
        left = Number(size) + 1;
        visitor.begin({ name, type, size: Number(size) });
      }
    }
  }
}
