import { playAll, scoreOf } from './matrix.ts';

/** `npm run test:rights`: who may do what, counted; with --json the counts as the last line. */
const cells = await playAll();
const score = scoreOf(cells);
for (const { who, happening, command, expected, seen } of cells) {
  if (seen !== expected)
    console.log(`${who}: ${happening}${command ? ` (${command})` : ''}: ${seen}, not ${expected}`);
}
console.log(
  `${score.cells} cells, ${score.wrong_grants} wrong grants, ${score.wrong_refusals} wrong refusals`,
);
if (process.argv.includes('--json')) console.log(JSON.stringify(score));
process.exitCode = score.wrong_grants + score.wrong_refusals === 0 ? 0 : 1;
