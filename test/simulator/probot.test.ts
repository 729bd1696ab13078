import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createNodeMiddleware, createProbot, type Probot, ProbotOctokit } from 'probot';
import { describe, expect, it } from 'vitest';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { validated } from '../support/validated.ts';

/** An App on Probot that knows the simulator only by its environment. */
async function serveApp(environment: Record<string, string>, app: (probot: Probot) => void) {
  const probot = createProbot({
    env: { ...environment, LOG_LEVEL: 'fatal' },
    // Throttling would add a second to each write.
    defaults: {
      Octokit: ProbotOctokit.defaults((options: object) => ({ ...options, throttle: { enabled: false } })),
    },
  });
  const middleware = await createNodeMiddleware(app, { probot, webhooksPath: '/hook' });
  const server = createServer((request, response) => void middleware(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('a Probot app that GHE_HOST leads to the simulator', () => {
  it('answers a comment on an issue, as its bot', async () => {
    await using simulator = await startSimulator();
    using validation = validated(simulator);
    await using app = await serveApp(simulator.credentials, probot => {
      probot.on('issue_comment.created', async context => {
        if (context.isBot) return;
        await context.octokit.rest.reactions.createForIssueComment(
          context.repo({ comment_id: context.payload.comment.id, content: 'eyes' }),
        );
        const { data } = await context.octokit.rest.repos.getCollaboratorPermissionLevel(
          context.repo({ username: context.payload.comment.user?.login ?? '' }),
        );
        await context.octokit.rest.issues.createComment(
          context.issue({ body: `You may ${data.role_name}.` }),
        );
      });
    });
    simulator.setWebhook(app.url);
    simulator.addUser('ada');
    const repository = await simulator.createRepository({ owner: 'ada', name: 'shop', files: { a: '' } });
    simulator.installApp('ada');
    await simulator.openIssue('ada/shop', { title: 'Broken', user: 'ada' });
    const { reactions } = await simulator.comment('ada/shop', 1, '/orch fix it', 'ada');
    await simulator.idle();
    const comments = [...repository.comments.values()].map(({ user, body }) => `${user.login}: ${body}`);
    expect(comments).toEqual(['ada: /orch fix it', 'orch-simulated[bot]: You may admin.']);
    expect(reactions).toMatchObject([{ content: 'eyes', user: { login: 'orch-simulated[bot]' } }]);
    expect(validation.violations).toEqual([]);
  });
});
