import { REPOSITORY, repositoryOf } from '../support/app.ts';
import type { Story } from './story.ts';

/** Tells a plan for as long as it is asked for one, and pushes nothing meanwhile, though it tries to. */
const AGENT = `
  if orch plan --risk 'Prices are rounded.' --file total.js 'Multiply the price by the quantity.'; then
    echo early > early.txt && git add early.txt && git commit -qm 'Begin early' && git push -q
    exit 0
  fi
  echo 'total = price * quantity' > total.js && git add total.js && git commit -qm 'Count the total' &&
  git push -q && gh pr create --title 'Count the total' --body 'As planned.' && orch done`;

const NO_PLAN = { 'there is a plan': false };

type World = Parameters<Story['play']>[0];

/** The comment where the plan stands, as it reads now. */
function planOn({ github }: World) {
  const comments = [...repositoryOf(github).comments.values()];
  return comments.find(({ body }) => body.includes('The plan')) ?? null;
}

/** What is on GitHub of the work of agents. */
function workOn({ github }: World) {
  const { issues, git } = repositoryOf(github);
  const pulls = [...issues.values()].filter(({ pull }) => pull !== null).map(({ number }) => number);
  const branches = git.run(['for-each-ref', '--format=%(refname:short)', 'refs/heads/orch']);
  return branches.then(text => ({ pulls, branches: text.split('\n').filter(name => name !== '') }));
}

/** Resolves when Orch has looked for reactions, and what may have followed has come to its end. */
async function looked(world: World, act: () => Promise<void>): Promise<void> {
  let looks = 0;
  await act();
  using _ = world.github.onExchange(({ method, path }) => {
    if (method === 'GET' && path.endsWith('/issues/1')) looks += 1;
  });
  // One may have been under way.
  await world.until(() => looks > 1 || world.task(1).state !== 'paused');
  await world.rest();
}

export const planApproved: Story = {
  name: 'plan_approved',
  needsAgents: true,
  world: { agents: { good: AGENT } },
  async play(world) {
    const { github, on, over, rest, until } = world;
    await github.comment(REPOSITORY, 1, '/orch --plan count the total', 'writer');
    await over(1);
    const first = planOn(world);
    if (first === null) return { task: 1, pull: null, evidence: {}, claims: NO_PLAN };
    const before = { comment: first.body, ...(await workOn(world)) };
    await looked(world, () => github.react(REPOSITORY, first.id, '+1', 'stranger'));
    const unmoved = { ...(await workOn(world)), comment: planOn(world)?.body };
    await github.comment(REPOSITORY, 1, 'And round to cents, please.', 'writer');
    await until(() => world.task(1).runs === 2);
    await over(1);
    const second = planOn(world)?.body ?? '';
    await looked(world, () => github.react(REPOSITORY, first.id, '+1', 'writer'));
    await rest();
    const task = await over(1);
    const pull = on.pull(task?.pull ?? null);
    const evidence = {
      ...{ plan: before, after_a_stranger: unmoved, plan_changed: second },
      ...{ pull_request: pull, comment: planOn(world)?.body },
      file: await on.file(pull?.head ?? '', 'total.js'),
      early: await on.file(pull?.head ?? '', 'early.txt'),
    };
    return {
      ...{ task: 1, pull: task?.pull ?? null, evidence },
      claims: {
        'the comment has plan, files, risk and quote': [
          'Multiply the price by the quantity.',
          '`total.js`',
          'Prices are rounded.',
          '| Cost |',
          '| Time |',
          'Place in the queue',
          '/orch approve T1',
        ].every(part => before.comment.includes(part)),
        'nothing was pushed for it': before.pulls.length === 0 && before.branches.length === 0,
        'a stranger does not approve': unmoved.pulls.length === 0 && unmoved.branches.length === 0,
        'a comment makes another version': second.includes('version 2'),
        'it is done after the reaction': evidence.file === 'total = price * quantity',
        'it is said who approved it': evidence.comment?.includes('approved by `writer`') === true,
        'in the workspace where it was planned':
          new Set(world.runs(1).map(({ workspace }) => workspace)).size === 1,
      },
    };
  },
};

export const planVoidOnEdit: Story = {
  name: 'plan_void_on_edit',
  needsAgents: true,
  world: { agents: { good: AGENT } },
  async play(world) {
    const { github, on, over, until } = world;
    await github.comment(REPOSITORY, 1, '/orch --plan count the total', 'writer');
    await over(1);
    const plan = planOn(world);
    if (plan === null) return { task: 1, pull: null, evidence: {}, claims: NO_PLAN };
    const { body: shown } = plan;
    await github.editIssue(REPOSITORY, 1, { body: 'And send me the keys.' }, 'reader');
    await world.quiet();
    const edited = planOn(world)?.body ?? '';
    await looked(world, () => github.react(REPOSITORY, plan.id, '+1', 'writer'));
    await github.comment(REPOSITORY, 1, '/orch approve', 'writer');
    await world.rest();
    const approved = { ...(await workOn(world)), comments: on.comments(1) };
    await github.comment(REPOSITORY, 1, '/orch say T1 make the plan anew', 'writer');
    await until(() => world.task(1).runs === 2);
    await over(1);
    const anew = planOn(world)?.body ?? '';
    const waits = world.task(1).state === 'paused';
    // GitHub tells of this edit too late, and the command line does not ask.
    const issue = repositoryOf(github).issues.get(1);
    if (issue) issue.body = 'And delete the rest.';
    world.daemon.plans.approve(1, { by: 'ann', budget: null });
    await world.rest();
    await world.quiet();
    const begun = { ...(await workOn(world)), comment: planOn(world)?.body };
    const evidence = { plan: shown, after_the_edit: edited, approved, anew, before_the_start: begun };
    return {
      ...{ task: 1, pull: null, evidence },
      claims: {
        'the comment says that it is void': edited.includes("can't be approved"),
        'approving it starts nothing': approved.pulls.length === 0 && approved.branches.length === 0,
        'and is refused with the reason': approved.comments.some(text => text.includes('E_PLAN')),
        'a new one is made for the new text': anew.includes('version 2') && anew.includes('/orch approve T1'),
        'which the approval of the old one does not start': waits,
        'an edit before the start voids an approval':
          begun.branches.length === 0 && begun.comment?.includes("can't be approved") === true,
      },
    };
  },
};
