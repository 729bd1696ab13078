import { expect, it } from 'vitest';
import { GOOD_AGENT } from '../support/app.ts';
import { startTestDesk } from '../support/desk.ts';

const agent = (...capabilities: string[]) => ({ command: ['sh', '-c', GOOD_AGENT], capabilities });

it('a task goes to an agent with the capabilities that it asks for, and says why; what nobody has is refused', async () => {
  await using desk = await startTestDesk({
    settings: { agents: { writer: agent('docs'), tester: agent('docs', 'tests') } },
  });
  const ask = (...capabilities: string[]) => desk.ask(`try ${capabilities}`, { options: { capabilities } });
  await expect(ask('test')).rejects.toMatchObject({
    code: 'E_CAPABILITY',
    message: 'No agent here has the capability `test`; did you mean `tests`?',
  });
  await ask('tests', 'docs');
  await ask('docs');
  await Promise.all([desk.ended(1, 'completed'), desk.ended(2, 'completed')]);
  expect([...desk.runs(1), ...desk.runs(2)].map(({ profile, choice }) => `${profile}: ${choice}`)).toEqual([
    'tester: capability docs, tests',
    // The other one too, if that is done already.
    expect.stringMatching(/^(?:writer|tester): capability docs; /),
  ]);
});
