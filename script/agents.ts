import { parseArgs } from 'node:util';
import { chooseClis, install, isInstalled, placeOf } from '../test/agents/installs.ts';

const USAGE = `Usage: script/agents [--cli NAME[,NAME]] [--json]

Installs claude, codex, gemini and opencode from the npm registry, in the versions that npm run test:agents runs, into
~/.cache/orch/agents or the folder that ORCH_AGENTS_CACHE names: 1.2 GB in all. What is there stays.
Prints the folders for PATH.

  --cli NAMES  only these
  --json       one JSON object: the version and the folder of each
`;

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      cli: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return void process.stdout.write(USAGE);
  const installs = chooseClis(values.cli).map(cli => placeOf(cli, process.env));
  for (const each of installs) {
    const name = `${each.cli} ${each.version}`;
    if (isInstalled(each)) {
      console.error(`${name} is there`);
      continue;
    }
    console.error(`${name}: installing`);
    const began = performance.now();
    await install(each);
    console.error(`${name} installed in ${((performance.now() - began) / 1000).toFixed(0)} s`);
  }
  if (!values.json) return console.log(installs.map(({ bin }) => bin).join(':'));
  console.log(
    JSON.stringify(Object.fromEntries(installs.map(({ cli, version, bin }) => [cli, { version, bin }]))),
  );
}
