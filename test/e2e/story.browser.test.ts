import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { startApp } from '../../src/demo/app.ts';
import { findAgent } from '../../src/demo/profiles.ts';
import { INSTRUCTION, seed } from '../../src/demo/seed.ts';
import { addPages } from '../../src/simulator/pages/pages.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { findChromium, openBrowser } from '../support/browser.ts';
import { temporaryDirectory } from '../support/temporary.ts';

describe.skipIf(!findChromium())('in a browser, a person', () => {
  it('asks on an issue, watches the task, and merges its pull request', async () => {
    await using demo = await startDemo();
    await using browser = await openBrowser();
    const { page, complaints } = browser;
    await page.goto(demo.url);
    await page.getByRole('link', { name: 'acme/shop' }).click();
    await actAs(page, 'maintainer');
    await openIssue(page, 'The total is wrong');
    await comment(page, `/orch ${INSTRUCTION}`);

    // What follows appears without loading the page again.
    await page.evaluate("document.body.setAttribute('data-same-page', '')");
    await page.getByRole('img', { name: 'eyes' }).waitFor();
    await page.getByRole('heading', { name: 'T1 is completed' }).waitFor({ timeout: 40_000 });
    expect(await page.getByRole('status').textContent()).toContain('T1 is completed');
    expect(await page.locator('[data-same-page]').count()).toBe(1);
    expect(await page.getByRole('img', { name: 'done', exact: true }).count()).toBe(5);

    await page.getByRole('link', { name: '#2', exact: true }).click();
    const check = page.getByRole('article', { name: 'Check run orch' });
    await check.getByText('✓ success').waitFor();
    const changes = page.getByRole('region', { name: 'Changes in basket.js' });
    expect(await changes.locator('ins').textContent()).toContain('sum + item.price * item.quantity');
    expect(await changes.locator('del').textContent()).toContain('sum + item.price,');
    await page.getByRole('button', { name: 'Merge pull request' }).click();
    await page.getByText('maintainer merged this into main').waitFor();

    await page.getByRole('link', { name: 'acme/shop' }).click();
    expect(await page.getByRole('list', { name: 'Issues' }).textContent()).toContain('Closed');
    await page.getByRole('link', { name: 'basket.js' }).click();
    expect(await page.getByRole('region', { name: 'Contents' }).textContent()).toContain('item.quantity');
    expect(complaints).toEqual([]);
  });

  it('without the right to write is refused, also without JavaScript', async () => {
    await using demo = await startDemo();
    await using browser = await openBrowser({ javaScriptEnabled: false });
    const { page } = browser;
    await page.goto(`${demo.url}/acme/shop`);
    await actAs(page, 'visitor');
    await openIssue(page, 'Please');
    await comment(page, `/orch ${INSTRUCTION}`);
    const refused = page.getByRole('img', { name: 'confused' });
    await expect
      .poll(async () => {
        await page.reload();
        return await refused.count();
      })
      .toBe(1);
    expect(await page.getByRole('img', { name: 'eyes' }).count()).toBe(0);
  });

  it('keeps what is being written and opened while the page changes', async () => {
    await using github = await startSimulator({ extend: addPages });
    await seed(github, null);
    await github.openIssue('acme/shop', { title: 'Slow', user: 'visitor' });
    await github.comment('acme/shop', 1, '<details><summary>More</summary>\n\nmuch\n\n</details>', 'visitor');
    await using browser = await openBrowser();
    const { page, complaints } = browser;
    await page.goto(`${github.url}/acme/shop/issues/1`);
    await page.getByLabel('Write a comment').fill('half a thou');
    await page.getByText('More').click();
    await github.setLabel('acme/shop', 1, 'urgent', 'maintainer');
    await page.getByText('urgent').waitFor();
    expect(await page.getByText('much').isVisible()).toBe(true);
    await github.comment(
      'acme/shop',
      1,
      '<img src="https://example.org/x.png" onerror="alert(1)">Hello',
      'visitor',
    );
    await page.getByText('Hello').waitFor();
    expect(await page.getByLabel('Write a comment').inputValue()).toBe('half a thou');
    expect(complaints).toEqual([]);
  });
});

async function actAs(page: Page, user: string): Promise<void> {
  await page.getByLabel('Acting as').selectOption(user);
  await page.getByRole('button', { name: 'Switch' }).click();
  await page.getByRole('option', { name: user, selected: true }).waitFor({ state: 'attached' });
}

async function openIssue(page: Page, title: string): Promise<void> {
  await page.getByText('New issue').click();
  await page.getByLabel('Title').fill(title);
  await page.getByRole('button', { name: 'Open issue as' }).click();
  await page.getByRole('heading', { name: title }).waitFor();
}

async function comment(page: Page, text: string): Promise<void> {
  await page.getByLabel('Write a comment').fill(text);
  await page.getByRole('button', { name: 'Comment', exact: true }).click();
  await page.getByRole('region', { name: 'Conversation' }).getByText(text).waitFor();
}

/** The demo's repository and people, with pages, and the App on it. */
async function startDemo(): Promise<AsyncDisposable & { url: string }> {
  await using stack = new AsyncDisposableStack();
  const { path: home } = stack.use(await temporaryDirectory());
  const github = stack.use(await startSimulator({ extend: addPages }));
  await seed(github, null);
  const agents = { scripted: findAgent('scripted', process.env) };
  const sandbox = { kind: 'none', allow_unsandboxed: true };
  const app = stack.use(await startApp({ home, credentials: github.credentials, agents, sandbox }));
  github.setWebhook(app.webhookUrl);
  const owned = stack.move();
  return { url: github.url, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
