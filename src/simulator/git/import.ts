import type { BareRepository, Person } from './repository.ts';

/** New contents by path; null deletes the file. */
export type Files = Record<string, string | Uint8Array | null>;

/** Adds one commit to a branch, made in one process however many files it has. Returns its sha. */
export async function importCommit(
  repository: BareRepository,
  commit: { branch: string; parent: string | null; files: Files; message: string; author: Person },
): Promise<string> {
  const ref = `refs/heads/${commit.branch}`;
  const { name, email, date } = commit.author;
  const who = `${name} <${email}> ${Math.floor(date / 1000)} +0000`;
  const chunks: Uint8Array[] = [
    Buffer.from(`commit ${ref}\nmark :1\nauthor ${who}\ncommitter ${who}\n`),
    data(commit.message),
  ];
  if (commit.parent) chunks.push(Buffer.from(`from ${commit.parent}\n`));
  for (const [path, contents] of Object.entries(commit.files)) {
    if (contents === null) chunks.push(Buffer.from(`D ${quoted(path)}\n`));
    else chunks.push(Buffer.from(`M 100644 inline ${quoted(path)}\n`), data(contents));
  }
  chunks.push(Buffer.from('get-mark :1\n'));
  return (
    await repository.run(['fast-import', '--quiet', '--force'], { input: Buffer.concat(chunks) })
  ).trim();
}

function data(contents: string | Uint8Array): Buffer {
  const bytes = Buffer.from(contents);
  return Buffer.concat([Buffer.from(`data ${bytes.length}\n`), bytes, Buffer.from('\n')]);
}

function quoted(path: string): string {
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
