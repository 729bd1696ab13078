import { CLIS, type Cli } from '../../models/script.ts';

/** A version of a CLI that was tried, as docs/agents.md tells of it. */
export interface Tried {
  cli: Cli;
  version: string;
  /** The day, in UTC: `2026-11-28`. */
  on: string;
  /** What it was shut in by: `bwrap` or `none`. */
  sandbox: string;
  /** The stories that did not hold. */
  failed: readonly string[];
}

const TABLE = /(?<=<!-- canary -->\n).*?(?=<!-- end -->)/s;
const ROW = /^\| (\w+) \| ([\w.-]+) \| ([\d-]+) \| (\w+) \| (?:holds|does not hold: ([\w, ]+)) \|$/gm;
const HEAD = '\n| CLI | Version | On | Sandbox | Result |\n| --- | --- | --- | --- | --- |\n';

/** The rows of the page's table, those of a CLI newest first. */
export function triedIn(page: string): Tried[] {
  const table = TABLE.exec(page)?.[0] ?? '';
  return [...table.matchAll(ROW)].map(([, cli, version = '', on = '', sandbox = '', failed]) => ({
    cli: cli as Cli,
    version,
    on,
    sandbox,
    failed: failed?.split(', ') ?? [],
  }));
}

/** The page with these rows too, in place of what it said of the same versions. */
export function withTried(page: string, news: readonly Tried[]): string {
  const isNews = (row: Tried) => news.some(({ cli, version }) => cli === row.cli && version === row.version);
  const rows = [...triedIn(page).filter(row => !isNews(row)), ...news].sort(byCliAndVersion);
  return page.replace(TABLE, `${HEAD}${rows.map(asRow).join('')}\n`);
}

function byCliAndVersion(one: Tried, other: Tried): number {
  const order = CLIS.indexOf(one.cli) - CLIS.indexOf(other.cli);
  return order || other.version.localeCompare(one.version, 'en', { numeric: true });
}

function asRow({ cli, version, on, sandbox, failed }: Tried): string {
  const result = failed.length === 0 ? 'holds' : `does not hold: ${failed.join(', ')}`;
  return `| ${cli} | ${version} | ${on} | ${sandbox} | ${result} |\n`;
}
