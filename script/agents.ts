import { parseArgs } from 'node:util';
import { installOnce, isInstalled, placeOf } from '../test/agents/installs.ts';
import { COMMON, chooseClis, runTool } from '../test/agents/tool.ts';

const USAGE = `Usage: script/agents [--cli NAME[,NAME]] [--json]

Installs claude, codex, gemini and opencode from the npm registry, in the versions that npm run test:agents runs, into
~/.cache/orch/agents or the folder that ORCH_AGENTS_CACHE names: 1.2 GB in all. What is there stays.
Prints the folders for PATH.

  --cli NAMES  only these
  --json       one JSON object: the version and the folder of each
`;

await runTool(async () => {
  const { values } = parseArgs({ options: COMMON });
  if (values.help) return void process.stdout.write(USAGE);
  const installs = chooseClis(values.cli).map(each => placeOf(each, process.env));
  for (const each of installs) {
    if (isInstalled(each)) console.error(`${each.cli} ${each.version} is there`);
    else await installOnce(each, console.error);
  }
  if (!values.json) return console.log(installs.map(({ bin }) => bin).join(':'));
  console.log(
    JSON.stringify(Object.fromEntries(installs.map(({ cli, version, bin }) => [cli, { version, bin }]))),
  );
});
