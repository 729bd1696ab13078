import type { Folder } from './folder.ts';
import { restOf, withPart } from './part.ts';

/** The largest file that is read to be written anew; people put larger ones there at most by mistake. */
const MOST_BYTES = 4 * 1024 * 1024;
/** Of the notes of one agent, and of the list of completed tasks (characters): the oldest go. */
const MOST_NOTES = 256 * 1024;
const MOST_ENTRIES = 500;

/** What lies beside a file that people have changed where Orch writes: the new version. */
const BESIDE = '.orch-new';

/** Writes what Orch makes into a folder where people may have changed anything. Each gives whether its file was free of conflict. */
export function keepIn(folder: Folder) {
  const readText = async (path: string) => (await folder.read(path, MOST_BYTES))?.toString('utf8') ?? null;

  /** A page whose lower part is people's. */
  async function page(path: string, part: string): Promise<boolean> {
    const text = withPart(await readText(path), part);
    return await settle(path, text, text ?? `${part.trimEnd()}\n`);
  }

  /** Adds at the end what is not there yet; whatever else people made of the file stays. */
  async function note(path: string, { head, text }: { head: string; text: string }): Promise<void> {
    const before = (await readText(path)) ?? '';
    if (`\n${before}`.includes(`\n${head}`)) return;
    await folder.write(path, withoutOldest(`${before.trimEnd()}\n\n${text}`.trimStart()));
  }

  /** Puts an entry into a list, in the place of the one of the same task; entries of people stay. */
  async function entry(path: string, fresh: { task: string }): Promise<boolean> {
    const list = readList(await readText(path));
    const old = list ?? readList(await readText(path + BESIDE)) ?? [];
    const others = old.filter(each => (each as { task?: unknown } | null)?.task !== fresh.task);
    const text = `${JSON.stringify([...others, fresh].slice(-MOST_ENTRIES), null, 2)}\n`;
    return await settle(path, list === null ? null : text, text);
  }

  /** Where people's changes are in the way (null), theirs stay, and the new version lies beside. */
  async function settle(path: string, text: string | null, fresh: string): Promise<boolean> {
    if (text === null) await folder.write(path + BESIDE, fresh);
    else {
      await folder.write(path, text);
      await folder.remove(path + BESIDE);
    }
    return text !== null;
  }

  /** Once, when there is none. */
  async function first(path: string, make: () => Promise<string | null>): Promise<void> {
    if ((await readText(path)) !== null) return;
    const text = await make();
    if (text !== null) await folder.write(path, text);
  }

  /** Removes outputs, the oldest first, until all that Orch writes fits; what people have written in stays. */
  async function prune(mostBytes: number): Promise<void> {
    const files = await folder.list();
    let bytes = files.filter(({ path }) => OURS.test(path)).reduce((sum, file) => sum + file.bytes, 0);
    const outputs = files
      .filter(({ path }) => OUTPUT.test(path))
      .sort((a, b) => taskOf(a.path) - taskOf(b.path));
    for (const file of outputs) {
      if (bytes <= mostBytes) return;
      const text = file.path.endsWith(BESIDE) ? null : await readText(file.path);
      if (text !== null && restOf(text) !== '') continue;
      await folder.remove(file.path);
      bytes -= file.bytes;
    }
  }

  return { page, note, entry, first, prune };
}

const OUTPUT = /^agent_outputs\/task_(\d+)_output\.md(\.orch-new)?$/;
const OURS = /^(agent_outputs|agent_notes)\/|^(current_state\.md|completed_tasks\.json)(\.orch-new)?$/;

function taskOf(path: string): number {
  return Number(OUTPUT.exec(path)?.[1]);
}

/** Null when it is no list any more. */
function readList(text: string | null): unknown[] | null {
  if (text === null) return [];
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list : null;
  } catch {
    return null;
  }
}

/** Entry by entry, as far as needed; the last one stays. */
function withoutOldest(notes: string): string {
  let text = notes;
  while (text.length > MOST_NOTES) {
    const next = text.indexOf('\n## T', 1);
    if (next < 0) return text;
    text = text.slice(next + 1);
  }
  return text;
}
