import { parseArgs } from 'node:util';
import { SCRIPTS } from './scripts.ts';
import { startModels } from './server.ts';

const USAGE = `Usage: npm run models -- [--port N] [--script NAME]

Plays the models of claude, codex, gemini and opencode on loopback, by the script that [[script:NAME]] in a prompt names.
Prints its address; GET /calls there tells how often each CLI has asked.

  --port N       a free one unless told
  --script NAME  for prompts that name none
  Scripts: ${Object.keys(SCRIPTS).join(', ')}
`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    script: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (values.help) process.stdout.write(USAGE);
else {
  const models = await startModels({
    scripts: SCRIPTS,
    port: Number(values.port),
    ...(values.script !== undefined && { fallback: values.script }),
    onCall: ({ cli, script, step }) =>
      console.error(`${cli}: ${script ? `${script}, step ${step}` : 'aside'}`),
  });
  console.log(models.url);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => models[Symbol.asyncDispose]());
}
