import type { Scripts, Step } from './script.ts';

const COMMIT =
  "printf 'total = price * quantity\\n' > total.txt && git add total.txt && git commit -qm 'Count the quantity'";
const PUBLISH =
  "git push -q && gh pr create --title 'Count the quantity' --body 'The total leaves it out no more.'";

/** What scripted models can play; a conversation ends with a step that calls no tool. */
export const SCRIPTS: Scripts = {
  commit: () => [
    { say: 'I look for the total.', run: COMMIT },
    { run: PUBLISH },
    { run: 'orch done' },
    { say: 'The total counts the quantity now.' },
  ],
  greet: () => [{ say: 'I greet.', run: 'echo hello' }, { say: 'Done.' }],
  'greet-again': () => [{ say: 'I greet again.', run: 'echo again' }, { say: 'Done again.' }],
  // Claude refuses a plain sleep.
  wait: () => [{ say: 'I wait.', run: 'timeout 61 tail -f /dev/null' }, { say: 'Done.' }],
  'bad-request': () => [{ refuse: 400 }],
  unauthorized: () => [{ refuse: 401 }],
  'rate-limit': () => [{ run: 'echo hello' }, { refuse: 429 }],
  'usage-limit': () => [{ run: 'echo hello' }, { refuse: 429, resetsAt: new Date(Date.now() + 3_600_000) }],
  overloaded: () => [{ run: 'echo hello' }, { refuse: 529 }],
  hang: () => [{ run: 'echo hello' }, { fail: 'hang' }],
  cut: () => [{ run: 'echo hello' }, { fail: 'cut' }],
};

/** The same, but that nothing is ever committed: what says that it holds all the same, says nothing. */
export function sabotaged(scripts: Scripts): Scripts {
  return Object.fromEntries(
    Object.entries(scripts).map(([name, script]) => [name, cli => script(cli).map(withoutCommit)]),
  );
}

function withoutCommit(step: Step): Step {
  return 'run' in step && step.run?.includes('git commit') ? { ...step, run: 'true' } : step;
}
