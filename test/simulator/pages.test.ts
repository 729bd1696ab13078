import { describe, expect, it } from 'vitest';
import { INSTRUCTION, SUBCOMMANDS } from '../../src/help/commands.ts';
import { OPTION_HELP } from '../../src/help/options.ts';
import { runProgram } from '../../src/shared/program.ts';
import { startSite } from '../support/site.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const HOSTILE = '<img src=x onerror=alert(1)>';

describe('the pages of the simulated GitHub', () => {
  it('show repositories, issues, pull requests and deliveries', async () => {
    await using site = await startSite();
    const pages = {
      '/': 'acme/shop',
      '/acme/shop': 'README.md',
      '/acme/shop/issues/1': 'Broken',
      '/acme/shop/pull/2': '+export const total = 2;',
      '/deliveries': 'issue_comment.created',
      '/-/pages.css': 'color-scheme',
      '/-/live.js': 'refresh',
      '/-/mark.svg': 'svg',
    };
    for (const [path, text] of Object.entries(pages))
      expect(await site.get(path)).toMatchObject({ status: 200, body: expect.stringContaining(text) });
  });

  it('tell the commands of the App, as its own helps do', async () => {
    await using site = await startSite();
    const { body } = await site.get('/help');
    for (const { usage, description, examples } of [INSTRUCTION, ...Object.values(SUBCOMMANDS)]) {
      expect(body).toContain(`<code>/orch ${usage}</code>`);
      for (const text of [description, ...examples]) expect(body).toContain(text);
    }
    for (const flag of Object.keys(OPTION_HELP)) expect(body).toMatch(new RegExp(`<code>--${flag}[ <]`));
  });

  it('lead from the number of a pull request and from a check run to where these are', async () => {
    await using site = await startSite();
    expect((await site.get('/acme/shop/issues/2')).location).toBe('/acme/shop/pull/2');
    const app = await site.github.installation();
    const run = await app('POST', '/repos/acme/shop/check-runs', { name: 'orch', head_sha: site.head });
    const page = new URL(run.body.html_url).pathname;
    expect((await site.get(page)).location).toBe(`/acme/shop/commit/${site.head}#check-${run.body.id}`);
    expect((await site.get('/acme/shop/issues')).location).toBe('/acme/shop#issues');
    expect((await site.get('/acme/shop/pulls')).location).toBe('/acme/shop#pull-requests');
  });

  it('show folders, text and binary files of a commit', async () => {
    await using site = await startSite();
    const files = { 'odd #1?.txt': HOSTILE, 'image.bin': new Uint8Array([0, 1]) };
    const sha = await site.github.simulator.pushCommit('acme/shop', 'files', files, 'ada');
    const root = await site.get(`/acme/shop/blob/${sha}/`);
    expect(root.body).toContain(`href="/acme/shop/blob/${sha}/odd%20%231%3F.txt"`);
    expect((await site.get(`/acme/shop/blob/${sha}/odd%20%231%3F.txt`)).body).toContain('&lt;img');
    expect((await site.get(`/acme/shop/blob/${sha}/image.bin`)).body).toContain('A binary file of 2 bytes');
    expect((await site.get(`/acme/shop/blob/${sha}/src`)).body).toContain('cart.js');
    expect((await site.get(`/acme/shop/blob/${sha}/none`)).status).toBe(404);
  });

  it('show a commit with its message, checks and changes', async () => {
    await using site = await startSite();
    const app = await site.github.installation();
    const check = { name: 'lint', head_sha: site.head, status: 'completed', conclusion: 'failure' };
    const output = {
      title: 'One finding',
      summary: 'See **below**',
      text: 'Long story',
      annotations: [
        {
          path: 'src/cart.js',
          start_line: 1,
          end_line: 1,
          annotation_level: 'failure',
          message: 'Too small',
        },
      ],
    };
    await app('POST', '/repos/acme/shop/check-runs', { ...check, output });
    const { body } = await site.get(`/acme/shop/commit/${site.head}`);
    for (const text of ['Count to two', 'One finding', '<strong>below</strong>', 'Long story', 'Too small'])
      expect(body).toContain(text);
    expect(body).toContain('data-after="1">+export const total = 2;');
  });

  it('say that there is no such page, and hide private repositories from those who may not see them', async () => {
    await using site = await startSite();
    for (const path of ['/acme/none', '/acme/shop/issues/99', '/acme/shop/commit/main', '/acme/shop/runs/1'])
      expect(await site.get(path)).toMatchObject({
        status: 404,
        body: expect.stringContaining('no such page'),
      });
    expect((await site.get('/acme/shop', 'otto')).status).toBe(404);
    expect((await site.get('/', 'otto')).body).not.toContain('acme/shop');
  });

  it('escape titles, and show only harmless HTML of comments', async () => {
    await using site = await startSite();
    const { simulator } = site.github;
    const { number } = await simulator.openIssue('acme/shop', {
      title: HOSTILE,
      body: HOSTILE,
      user: 'rita',
    });
    const scripts =
      '<script>alert(1)</script><a href="javascript:alert(1)">x</a><b onclick="alert(1)">bold</b>';
    await simulator.comment('acme/shop', number, `${scripts}<!-- hidden -->`, 'rita');
    await simulator.setLabel('acme/shop', number, '"><script>', 'ada');
    for (const path of ['/acme/shop', `/acme/shop/issues/${number}`]) {
      const { body } = await site.get(path);
      expect(body).toContain('&lt;img src=x onerror=alert(1)&gt;');
      for (const harm of ['<img src=x', '<script>', 'javascript:', 'onclick', 'hidden -->'])
        expect(body).not.toContain(harm);
    }
  });

  it('render what the comments of the App are made of', async () => {
    await using site = await startSite();
    const body = [
      '| | |\n| --- | --- |\n| Pull request | #2 |',
      '- [x] Done *fast*\n- [ ] To <do>\n- plain',
      '<details open><summary>Last words</summary>\n\n```text\n#2 <b>\n```\n\n</details>',
      '<sub>small</sub> README.md https://example.org/a',
    ].join('\n\n');
    await site.github.simulator.comment('acme/shop', 1, body, 'ada');
    const page = (await site.get('/acme/shop/issues/1')).body;
    for (const part of [
      '<td><a href="/acme/shop/issues/2" rel="nofollow noreferrer">#2</a></td>',
      'aria-label="done">☑</span> Done <em>fast</em>',
      'aria-label="to do">☐</span> To <',
      '<details open><summary>Last words</summary>',
      '<code>#2 &lt;b&gt;',
      '<sub>small</sub> README.md <a href="https://example.org/a"',
    ])
      expect(page).toContain(part);
  });

  it('show reactions with who gave them', async () => {
    await using site = await startSite();
    const app = await site.github.installation();
    await app('POST', '/repos/acme/shop/issues/1/reactions', { content: 'eyes' });
    const { body } = await site.get('/acme/shop/issues/1');
    expect(body).toContain(
      'aria-label="eyes">👀</span> 1<span class="hidden"> by orch-simulated[bot]</span>',
    );
  });
});

describe('the forms of the pages', () => {
  it('open issues, comment, label, close and reopen as the user chosen', async () => {
    await using site = await startSite();
    const opened = await site.post('/acme/shop/issues', { title: ' Slow ', body: 'a\r\nb' }, 'rita');
    expect(opened).toMatchObject({ status: 303, location: '/acme/shop/issues/3' });
    const { location } = await site.post('/acme/shop/issues/3/comments', { body: '/orch\r\nfix' }, 'rita');
    expect(location).toMatch(/^\/acme\/shop\/issues\/3#issuecomment-\d+$/);
    await site.post('/acme/shop/issues/3/labels', { add: 'orch' }, 'tess');
    await site.post('/acme/shop/issues/3/labels', { add: 'later' }, 'tess');
    await site.post('/acme/shop/issues/3/labels', { remove: 'later' }, 'tess');
    await site.post('/acme/shop/issues/3/state', { state: 'closed' }, 'rita');
    const ada = site.github.as('ada');
    const { body: issue } = await ada('GET', '/repos/acme/shop/issues/3');
    expect(issue).toMatchObject({ title: 'Slow', body: 'a\nb', state: 'closed', user: { login: 'rita' } });
    expect(issue.labels.map((label: { name: string }) => label.name)).toEqual(['orch']);
    const { body: comments } = await ada('GET', '/repos/acme/shop/issues/3/comments');
    expect(comments).toMatchObject([{ body: '/orch\nfix', user: { login: 'rita' } }]);
    expect((await site.get('/acme/shop/issues/3', 'rita')).body).toContain('Reopen issue');
    await site.post('/acme/shop/issues/3/state', { state: 'open' }, 'tess');
    expect((await ada('GET', '/repos/acme/shop/issues/3')).body.state).toBe('open');
  });

  it('click buttons of check runs and ask for another run', async () => {
    await using site = await startSite();
    const app = await site.github.installation();
    const actions = [{ label: 'Cancel', description: 'Stop it', identifier: 'cancel' }];
    const { body: run } = await app('POST', '/repos/acme/shop/check-runs', {
      name: 'orch',
      head_sha: site.head,
      actions,
    });
    const page = await site.get('/acme/shop/pull/2');
    expect(page.body).toContain('<button name="action" value="cancel" title="Stop it">Cancel</button>');
    const back = '/acme/shop/pull/2';
    const clicked = await site.post(`/acme/shop/checks/${run.id}`, { action: 'cancel', back });
    expect(clicked).toMatchObject({ status: 303, location: back });
    await site.post(`/acme/shop/checks/${run.id}`, { rerun: 'yes', back });
    expect((await site.github.events()).slice(-2)).toEqual([
      'check_run.requested_action',
      'check_run.rerequested',
    ]);
    expect((await site.get('/acme/shop/pull/2', 'rita')).body).toContain(
      'Acting on checks needs the role write',
    );
  });

  it('make a draft ready, merge it, and show who did', async () => {
    await using site = await startSite();
    await site.github.simulator.pushCommit('acme/shop', 'other', { 'b.js': '2\n' }, 'ada');
    const pull = { title: 'Draft', head: 'other', base: 'main', draft: true, user: 'ada' };
    await site.github.simulator.openPull('acme/shop', pull);
    expect((await site.get('/acme/shop/pull/3')).body).toContain('Ready for review');
    expect((await site.post('/acme/shop/pull/3/merge', {})).body).toContain('Pull Request is still a draft');
    await site.post('/acme/shop/pull/3/ready', {});
    expect((await site.post('/acme/shop/pull/3/merge', {})).location).toBe('/acme/shop/pull/3');
    const { body } = await site.get('/acme/shop/pull/3');
    expect(body).toContain('Merged</span>');
    expect(body).toContain('<strong>ada</strong> merged this into');
  });

  it('close and reopen pull requests, and show conflicts', async () => {
    await using site = await startSite();
    await site.post('/acme/shop/issues/2/state', { state: 'closed' });
    expect((await site.get('/acme/shop/pull/2')).body).toContain('Closed without merging');
    await site.post('/acme/shop/issues/2/state', { state: 'open' });
    await site.github.simulator.pushCommit('acme/shop', 'main', { 'src/cart.js': 'other\n' }, 'ada');
    expect((await site.get('/acme/shop/pull/2')).body).toContain('Conflicts with main');
  });

  it('refuse what the role does not allow, and what makes no sense', async () => {
    await using site = await startSite();
    expect((await site.post('/acme/shop/issues/1/labels', { add: 'x' }, 'rita')).status).toBe(403);
    expect((await site.post('/acme/shop/issues/1/state', { state: 'closed' }, 'rita')).status).toBe(403);
    expect((await site.post('/acme/shop/issues/1/state', { state: 'ajar' })).status).toBe(422);
    expect((await site.post('/acme/shop/pull/2/merge', {}, 'tess')).status).toBe(403);
    expect((await site.post('/acme/shop/pull/2/ready', {}, 'tess')).status).toBe(403);
    expect((await site.post('/acme/shop/checks/1', { action: 'x' })).status).toBe(404);
    expect((await site.post('/acme/shop/issues', { title: ' ' })).body).toContain('An issue needs a title.');
    expect((await site.post('/acme/shop/issues/1/comments', {})).body).toContain('Body cannot be blank');
    expect((await site.post('/acme/shop/issues', { title: 'x' }, 'otto')).status).toBe(404);
    const { body } = await site.get('/acme/shop/issues/1', 'rita');
    expect(body).not.toContain('Add a label');
  });

  it('remember whom the visitor acts as, and return to the page they came from, never elsewhere', async () => {
    await using site = await startSite();
    const chosen = await site.post('/act-as', { user: 'rita', back: '/acme/shop?x=1' });
    expect(chosen).toMatchObject({ status: 303, location: '/acme/shop?x=1' });
    expect(chosen.cookie).toBe('orch-acting-as=rita; Path=/; HttpOnly; SameSite=Strict');
    expect((await site.get('/acme/shop', 'rita')).body).toContain(
      '<option value="rita" selected>rita (read)',
    );
    expect((await site.post('/act-as', { user: 'nobody' })).status).toBe(404);
    for (const back of ['https://evil.example/', '//evil.example/', 'javascript:alert(1)'])
      expect((await site.post('/act-as', { user: 'rita', back })).location).toBe('/');
    const { location } = await site.post('/act-as', { user: 'rita', back: `${site.url}//evil.example` });
    expect(location).toBe('/evil.example');
  });

  it('send a delivery again', async () => {
    await using site = await startSite();
    const { log } = site.github.simulator.world.deliveries;
    expect(await site.post(`/deliveries/${log[0]?.id}`, {})).toMatchObject({
      status: 303,
      location: '/deliveries',
    });
    await site.github.simulator.idle();
    expect(log.at(-1)).toMatchObject({ guid: log[0]?.guid, redelivery: true });
    expect((await site.post('/deliveries/1', {})).status).toBe(404);
    site.github.simulator.setWebhook(null);
    expect((await site.get('/deliveries')).body).toContain('no webhook address');
  });

  it('are refused when other sites send them', async () => {
    await using site = await startSite();
    const foreign: Record<string, string | undefined>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: undefined },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'http://evil.example', host: 'evil.example' },
    ];
    for (const headers of foreign) {
      const { status, body } = await site.post('/acme/shop/issues/1/comments', { body: 'x' }, 'ada', headers);
      expect(status).toBe(403);
      expect(body).toContain('Forms are taken from these pages only');
    }
    expect((await site.github.as('ada')('GET', '/repos/acme/shop/issues/1')).body.comments).toBe(1);
  });
});

describe('beside the pages', () => {
  it('git and the API go on, and pages allow no scripts, styles or frames from elsewhere', async () => {
    await using site = await startSite();
    await using directory = await temporaryDirectory();
    const address = site.url.replace('//', `//x:${site.github.simulator.userToken('ada')}@`);
    await runProgram('git', ['clone', '--quiet', `${address}/acme/shop.git`, `${directory.path}/shop`]);
    expect((await site.github.as('ada')('GET', '/repos/acme/shop')).body.full_name).toBe('acme/shop');
    const { policy } = await site.get('/acme/shop');
    expect(policy).toContain("default-src 'none'; style-src 'self'; script-src 'self'");
    expect(policy).not.toContain('unsafe');
  });
});
