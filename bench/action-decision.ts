import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleAction } from '../script/bundle/bundle.ts';
import { type Benchmark, type Context, interleave, type Measured, timed } from './harness.ts';

/** The Action from its start to the decision that a comment asks for nothing, against Node doing nothing. */
export const actionDecision: Benchmark = {
  key: 'action_decision_over_node',
  unit: 'ms',
  compare: 'ratio',
  wanted: 5,
  measure,
};

const PERSON = { id: 3, login: 'reader', type: 'User' };
const EVENT = {
  action: 'created',
  comment: { id: 9, body: 'Thanks! See `/orch help`.', user: PERSON },
  issue: { number: 1, title: 'The total is wrong', body: 'It leaves the quantity out.', user: PERSON },
  repository: { id: 1, name: 'shop', full_name: 'acme/shop', owner: { id: 2, login: 'acme' } },
  sender: PERSON,
};

async function measure(context: Context): Promise<Measured> {
  const action = join(context.directory, 'action');
  mkdirSync(action);
  for (const [name, text] of Object.entries(await bundleAction())) writeFileSync(join(action, name), text);
  const event = join(context.directory, 'event.json');
  writeFileSync(event, JSON.stringify(EVENT));
  const env = {
    ...process.env,
    ...{ GITHUB_EVENT_NAME: 'issue_comment', GITHUB_EVENT_PATH: event, RUNNER_TEMP: context.directory },
    ...{
      GITHUB_REPOSITORY: 'acme/shop',
      GITHUB_REPOSITORY_ID: '1',
      GITHUB_ACTOR: 'reader',
      GITHUB_ACTOR_ID: '3',
    },
    ...{ GITHUB_RUN_ID: '7', GITHUB_RUN_ATTEMPT: '1' },
    // Nobody is asked.
    ...{ GITHUB_API_URL: 'http://127.0.0.1:9', GITHUB_SERVER_URL: 'http://127.0.0.1:9' },
    ...{ INPUT_MODE: 'run', INPUT_TOKEN: 'none', INPUT_WAIT: 'true' },
  };
  const samples = await interleave(
    context,
    () => timed(() => node([join(action, 'index.js')], env)),
    () => timed(() => node(['-e', '0'], env)),
  );
  return { ...samples, ceilings: [{ what: "the Action's decision", samples: samples.ours, limit: 1000 }] };
}

async function node(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`node ${args[0]} exited with ${code}`);
}
