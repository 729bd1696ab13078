import { fenced, inCode, plain } from '../shared/markdown.ts';
import { shellQuote } from '../shared/text.ts';
import type { Proof, ProofVerdict } from '../store/proofs.ts';

const SAYS: Record<ProofVerdict, string> = {
  proven: '✅ **Failed before, passes now.**',
  unproven: '⚪ **Nothing proves this change.**',
  broken: '❌ **Something broke.**',
  not_run: '⚪ **The tests were not run.**',
};

/** In a few words, for titles: `failed before, passes now`. */
export const PROOF_TITLE: Record<ProofVerdict, string> = {
  proven: 'failed before, passes now',
  unproven: 'nothing proves it',
  broken: 'something broke',
  not_run: 'tests not run',
};

const MOST_NAMES = 20;
const MOST_OUTPUT = 3000;

/** One line: the verdict, and why. */
export function proofLine(proof: Proof): string {
  return `${SAYS[proof.verdict]} ${sentence(proof.reason)}`;
}

/** All of it in Markdown: the verdict, which tests, and how anybody can see the same. */
export function proofText(proof: Proof): string {
  const parts = [
    proofLine(proof),
    names('Tests of this change', proof.tests),
    names('Failed before', proof.failedBefore),
    names('Fail now', proof.failing),
    names('Come out differently in three runs', proof.flaky),
    replayText(proof),
    outputText(proof),
  ];
  return parts.filter(part => part !== '').join('\n\n');
}

/** Commands that show the same, each with what comes of it; none where none were run. */
export function replay({ base, head, command, tests, runs }: Proof): { command: string; shows: string }[] {
  const more = tests.length > MOST_NAMES ? ` # and ${tests.length - MOST_NAMES} more files` : '';
  const files = tests.slice(0, MOST_NAMES).map(shellQuote).join(' ');
  const set = {
    before: `git switch --detach ${base}`,
    tests: `git switch --detach ${base} && git checkout --no-overlay ${head} -- ${files}`,
    after: `git switch --detach ${head}`,
  };
  const places = (['before', 'tests', 'after'] as const).filter(where =>
    runs.some(run => run.where === where),
  );
  return places.map(where => {
    const isGreen = runs.filter(run => run.where === where).every(run => run.passed);
    return {
      command: `${set[where]} && ${command}${where === 'tests' ? more : ''}`,
      shows: isGreen ? 'passes' : 'fails',
    };
  });
}

function replayText(proof: Proof): string {
  const steps = replay(proof);
  if (steps.length === 0) return '';
  const lines = steps.map(({ command, shows }) => `${command}   # ${shows}`);
  return `<details><summary>See it yourself</summary>\n\n${fenced(lines.join('\n'))}\n\n</details>`;
}

function outputText({ verdict, runs }: Proof): string {
  const red = runs.findLast(run => run.where === 'after' && !run.passed);
  if (verdict !== 'broken' || red === undefined || red.output === '') return '';
  return `<details><summary>What the tests print</summary>\n\n${fenced(red.output.slice(-MOST_OUTPUT))}\n\n</details>`;
}

function names(title: string, all: readonly string[]): string {
  if (all.length === 0) return '';
  const shown = all.slice(0, MOST_NAMES).map(name => inCode(name, 150));
  const more = all.length > MOST_NAMES ? ` and ${all.length - MOST_NAMES} more` : '';
  return `${title}: ${shown.join(', ')}${more}`;
}

function sentence(reason: string): string {
  const text = reason.charAt(0).toUpperCase() + reason.slice(1);
  return plain(/[.!?]$/.test(text) ? text : `${text}.`);
}
