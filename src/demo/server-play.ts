import { startApp } from './app.ts';
import { narrate } from './narrate.ts';
import { readOutcome } from './outcome.ts';
import type { Play, Scene } from './play.ts';
import { endOfStories, readStory, told } from './story.ts';

/** Orch as a server beside GitHub, which runs the agent too. */
export async function serverPlay({ github, home, agents, sandbox, tell }: Scene): Promise<Play> {
  const app = await startApp({ home, credentials: github.credentials, agents, sandbox });
  github.setWebhook(app.webhookUrl);
  return {
    where: app.webhookUrl,
    inside: `ORCH_HOME=${home} orch status`,
    narrate: () => narrate(home, tell),
    ended: () => endOfStories(home, github, 1),
    outcome: async (issue, seconds) => readOutcome(github, issue, told(await readStory(home, 1)), seconds),
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}
