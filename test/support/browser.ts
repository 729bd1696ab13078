import { accessSync } from 'node:fs';
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const PLACES = ['chromium', 'chromium-browser', 'google-chrome'].map(name => `/usr/bin/${name}`);

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
  const browser = await chromium.launch({ executablePath: findChromium(), args: ARGS });
  const page = await browser.newPage(options);
  // Below the tests' own time limit, after which nothing would be closed any more.
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on('pageerror', error => complaints.push(error.message));
  page.on('console', message => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return { page, complaints, [Symbol.asyncDispose]: () => browser.close() };
}

function findChromium(): string {
  const found = PLACES.find(isThere);
  if (!found) throw new Error('No Chromium for the browser tests. Install it: apt-get install chromium');
  return found;
}

function isThere(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}
