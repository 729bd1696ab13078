import { createHmac, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { type Benchmark, type Context, interleave, type Measured, median } from './harness.ts';
import { comment, emptyInbox, startGithub, startOrch, startProbot } from './world.ts';

/** A signed delivery until it is answered, in Orch's case after the commit, against Probot that does nothing with it. */
export const webhookAck: Benchmark = {
  key: 'webhook_ack_ratio',
  unit: 'ms',
  compare: 'ratio',
  wanted: 2.5,
  measure,
};

const CONNECTIONS = 10;
const DELIVERIES = 500;
const BODY_BYTES = 6 * 1024;

async function measure(context: Context): Promise<Measured> {
  const { directory, signal } = context;
  await using github = await startGithub(join(directory, 'github'), 1);
  await using orch = await startOrch(github, join(directory, 'orch'));
  await using probot = await startProbot(github, join(directory, 'probot'));
  using agent = keepAlive();
  const body = chatter(await comment(github, 'Nothing to do here.'));
  const signature = createHmac('sha256', github.credentials.WEBHOOK_SECRET).update(body).digest('hex');
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'x-github-event': 'issue_comment',
    'x-hub-signature-256': `sha256=${signature}`,
  };
  const load = (url: string) => answered(DELIVERIES, () => deliver(agent.agent, url, headers, body));
  const samples = await interleave(
    context,
    async () => {
      const sample = await load(orch.webhookUrl);
      // What is left to handle belongs to this sample, not to the next one.
      await emptyInbox(orch, signal);
      return sample;
    },
    () => load(probot.webhookUrl),
  );
  return { ...samples, ceilings: [{ what: 'submission, 10 at once', samples: samples.ours, limit: 100 }] };
}

function keepAlive() {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  return { agent, [Symbol.dispose]: () => agent.destroy() };
}

/** A comment without a command. Most of its payload is addresses that nobody reads; they make room for 6 KB of text. */
function chatter({ payload }: { payload: unknown }): string {
  const slim = JSON.parse(JSON.stringify(payload), (key, value) =>
    key.endsWith('_url') && key !== 'html_url' ? undefined : value,
  );
  slim.comment.body = '';
  slim.comment.body = 'x'.repeat(BODY_BYTES - Buffer.byteLength(JSON.stringify(slim)));
  return JSON.stringify(slim);
}

/** How long one call takes when so many are always under way: the median (ms). */
async function answered(count: number, call: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  let left = count;
  async function work(): Promise<void> {
    while (left > 0) {
      left -= 1;
      const start = performance.now();
      await call();
      times.push(performance.now() - start);
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
  return median(times);
}

function deliver(agent: Agent, url: string, headers: Record<string, string>, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { agent, method: 'POST', headers: { ...headers, 'x-github-delivery': randomUUID() } };
    const call = request(url, options, response => {
      const { statusCode = 0 } = response;
      response.resume();
      response.on('end', () =>
        statusCode >= 200 && statusCode < 300 ? resolve() : reject(new Error(`answered ${statusCode}`)),
      );
      response.on('error', reject);
    });
    call.on('error', reject);
    call.end(body);
  });
}
