import { describe, expect, it } from 'vitest';
import { NO_TASK, outputsOf } from '../../src/action/outputs.ts';
import { summaryOf } from '../../src/action/summary.ts';
import { story } from './story.ts';

describe('the summary', () => {
  it('tells what was asked, what came of it, and each run', () => {
    expect(summaryOf(story, 'https://github.com/acme/shop')).toBe(`### ✅ T42 is completed

\`\`\`text
Mend the date parser
\`\`\`

|  |  |
| --- | --- |
| Issue | [#7](https://github.com/acme/shop/issues/7) |
| Pull request | [#8](https://github.com/acme/shop/pull/8) |
| Branch | orch/T42-mend-the-date-parser |
| Cost | 0.30 USD |
| Asked by | olga |

| Run | Agent | Outcome | Time | Tokens | Cost | Reason |
| --- | --- | --- | --- | --- | --- | --- |
| T42.1 | claude-1 | crashed | 3 min 20 s | 1.5k tokens | 0.10 USD | the agent \\| is gone |
| T42.2 | claude-1 | succeeded | 3 min 20 s | 1.5k tokens | 0.20 USD |  |

<details><summary>What happened, in UTC</summary>

- 08:00:00 queued

</details>
`);
  });

  it('shows no secret, no path of the host, and nothing that works', () => {
    const reason = `/home/orch/.orch/workspaces/T42.1/tree/a.ts: ghp_${'a'.repeat(36)} <img src=x> @olga`;
    const text = summaryOf(
      { ...story, status: 'failed', reason, runs: [], events: [] },
      'https://github.com/a/b',
    );
    expect(text).toContain('### ❌ T42 failed');
    expect(text).toContain('**a.ts: \\[redacted\\] &lt;img src=x> @&#8203;olga**');
  });

  it('keeps to that in what runs and people have said, too, and to the newest events', () => {
    const token = `ghp_${'a'.repeat(36)}`;
    const runs = story.runs.map(run => ({ ...run, reason: token }));
    const [event] = story.events;
    const events = Array.from({ length: 201 }, (_, at) => ({ ...event, text: `${at} ${token}` }) as never);
    const text = summaryOf({ ...story, instruction: token, runs, events }, 'https://github.com/a/b');
    expect(text).not.toContain(token);
    expect(text.match(/^- /gm)).toHaveLength(200);
    expect(text).toContain(' 200 ');
  });
});

describe('the outputs', () => {
  it('are of the task', () => {
    expect(outputsOf(story)).toEqual({
      task: 'T42',
      status: 'completed',
      'pull-request-number': 8,
      'pull-request-url': 'https://github.com/acme/shop/pull/8',
      cost: 0.3,
    });
  });

  it('leave out what nobody knows', () => {
    const unknown = { ...story, pull_request: null, runs: [] };
    expect(outputsOf(unknown)).toEqual({ ...NO_TASK, task: 'T42', status: 'completed' });
  });
});
