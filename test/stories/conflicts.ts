import { REPOSITORY, repositoryOf } from '../support/app.ts';
import type { Story } from './story.ts';

/** Says in total.js which branch it is from; where it has done so, it merges main and keeps both. */
const AGENT = `
  mine="$(git branch --show-current)"
  if [ -e total.js ]; then
    git fetch -q origin main
    git merge -q FETCH_HEAD || { { git show HEAD:total.js; git show FETCH_HEAD:total.js; } > total.js; git add total.js; git commit -qm 'Merge main'; }
    git push -q && orch done
  else
    echo "total = $mine" > total.js && git add total.js && git commit -qm 'Count the total' && git push -q &&
    gh pr create --title 'Count the total' --body 'Counted.' && orch done
  fi`;

const ASKED = { 'there are pull requests': false };

export const conflictForeseen: Story = {
  name: 'conflict_foreseen',
  needsAgents: true,
  world: { agents: { good: AGENT } },
  async play({ github, on, over, until, daemon, comments }) {
    await github.comment(REPOSITORY, 1, '/orch count the total', 'writer');
    await github.comment(REPOSITORY, 1, '/orch count it with the tax', 'writer');
    const [one, two] = [(await over(1))?.pull ?? null, (await over(2))?.pull ?? null];
    if (one === null || two === null) return { task: 1, pull: null, evidence: {}, claims: ASKED };
    const bodyOf = (pull: number) => on.pull(pull)?.body ?? '';
    await until(() => [one, two].every(pull => bodyOf(pull).includes('conflicts with')));
    const foreseen = { first: bodyOf(one), second: bodyOf(two) };
    const before = comments(1).length;
    await github.comment(REPOSITORY, 1, '/orch status', 'writer');
    const status = await until(() =>
      comments(1)
        .slice(before + 1)
        .at(-1),
    );
    await github.merge(REPOSITORY, one, 'writer');
    await until(() => daemon.store.tasks.get(3));
    const third = await over(3);
    const after = on.pull(two);
    await until(() => !bodyOf(two).includes('conflicts with'));
    const evidence = {
      ...{ foreseen, status, comments: comments(two), body_after: bodyOf(two) },
      commits: await on.commits('main', after?.branch ?? 'main'),
      file: await on.file(after?.head ?? '', 'total.js'),
    };
    return {
      ...{ task: 2, pull: two, evidence },
      claims: {
        'each pull request names the other, and the file':
          foreseen.first.includes(`conflicts with T2 (#${two}) in \`total.js\``) &&
          foreseen.second.includes(`conflicts with T1 (#${one}) in \`total.js\``),
        '/orch status says it': status.includes('conflicts with T2') && status.includes('conflicts with T1'),
        'its agent settles it when the first one is merged':
          third?.branch === after?.branch &&
          evidence.comments.some(text => text.includes('T3 is completed') && text.includes('has moved')),
        'what both meant is there': evidence.file?.split('\n').length === 2,
        'nothing collides any more':
          after?.base === 'main' && !evidence.body_after.includes('conflicts with'),
      },
    };
  },
};

/** Changes total.js, says so, and goes on once there is a branch \`go\`. */
const SLOW = `
  echo "// $(git branch --show-current)" >> total.js && orch progress 'total.js is begun' &&
  until git ls-remote -q --exit-code origin go >/dev/null; do sleep 0.2; done
  git add total.js && git commit -qm 'Count the total' && git push -q &&
  gh pr create --title 'Count the total' --body 'Counted.' && orch done`;

export const overlapHeld: Story = {
  name: 'overlap_held',
  needsAgents: true,
  world: { agents: { good: SLOW }, settings: { policies: { overlap: 'hold' } } },
  async play({ github, on, over, until, task, daemon, comments }) {
    await github.comment(REPOSITORY, 1, '/orch count it', 'writer');
    const { store } = daemon;
    await until(
      () => store.overlaps.touched(1).includes('total.js') || store.tasks.get(1)?.state === 'failed',
    );
    if (task(1).state === 'failed') return { task: 1, pull: null, evidence: {}, claims: ASKED };
    await github.comment(REPOSITORY, 1, '/orch round what total.js says', 'writer');
    const waits = 'Waits for T1, which works on `total.js` too';
    const held = await until(() => comments(1).find(text => text.includes(waits)));
    const branches = await repositoryOf(github).git.run(['for-each-ref', '--format=%(refname:short)']);
    await github.pushCommit(REPOSITORY, 'go', { go: '' }, 'writer');
    const [first, second] = [await over(1), await over(2)];
    const evidence = {
      ...{ held, branches_meanwhile: branches.split('\n'), comments: comments(1) },
      pulls: [on.pull(first?.pull ?? null), on.pull(second?.pull ?? null)],
    };
    return {
      ...{ task: 2, pull: second?.pull ?? null, evidence },
      claims: {
        'its comment says what it waits for': held.includes('T2 is queued'),
        'nothing was begun meanwhile': !branches.includes('orch/T2-'),
        'both are done afterwards': evidence.pulls.every(pull => pull?.state === 'open'),
        'and it waits no more': evidence.comments.every(text => !text.includes(waits)),
      },
    };
  },
};
