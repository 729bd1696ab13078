import { defaultTitle } from '../broker/publish.ts';
import type { Forge } from '../forge/forge.ts';
import type { Stages } from '../scheduler/stages.ts';

/** What the scheduler asks of pull requests. */
export function pullStage({ pulls, confirm }: Pick<Forge, 'pulls' | 'confirm'>): Stages['pulls'] {
  return {
    find: async task => (await pulls.find(task)) !== null,
    async openDraft(task, run) {
      await confirm(task);
      const body = `The agent \`${run.profile}-${run.slot}\` ended without opening a pull request; these are its commits.`;
      await pulls.open(task, { title: defaultTitle(task), body, draft: true });
    },
  };
}
