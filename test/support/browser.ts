import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** The browsers that script/bootstrap knows of. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const ON_MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

/** Nothing that calls home, and no sandbox of its own, which containers seldom allow. */
const ARGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
];

export interface TestBrowser extends AsyncDisposable {
  page: Page;
  /** What the page complained of: errors of scripts, and what its policy did not let it load. */
  complaints: string[];
}

/** A page in the system's own Chromium. */
export async function openBrowser(options: BrowserContextOptions = {}): Promise<TestBrowser> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('There is no Chromium. Install it: apt-get install chromium');
  const browser = await chromium.launch({ executablePath, args: ARGS });
  const page = await browser.newPage(options);
  // Below the tests' own time limit, after which nothing would be closed any more.
  page.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  page.on('pageerror', error => complaints.push(error.message));
  page.on('console', message => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return { page, complaints, [Symbol.asyncDispose]: () => browser.close() };
}

/** The system's Chromium. Where script/bootstrap can't install one there is none, and browser tests are left out. */
export function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return [...NAMES.flatMap(name => folders.map(folder => join(folder, name))), ON_MAC].find(existsSync);
}
