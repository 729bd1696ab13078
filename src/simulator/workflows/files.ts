import { notFound } from '../http/errors.ts';
import type { Repository } from '../model.ts';
import type { World } from '../world.ts';
import type { Workflow } from './run.ts';
import { readWorkflow, type WorkflowFile } from './workflow-file.ts';

const FOLDER = '.github/workflows';

/** The workflows of one commit; what is no workflow file is left out. */
export interface Workflows {
  tip: string | null;
  files: Map<Workflow, WorkflowFile>;
}

/** The workflow files of repositories, read once for each state of their branches. */
export class WorkflowFiles {
  readonly #world: World;
  readonly #known = new Map<Repository, Map<string, Promise<Workflows>>>();
  readonly #workflows = new Map<string, Workflow>();

  constructor(world: World) {
    this.#world = world;
  }

  /** At a commit, or null: at the tip of the default branch. */
  at(repository: Repository, commit: string | null): Promise<Workflows> {
    const known = this.#known.get(repository) ?? new Map<string, Promise<Workflows>>();
    this.#known.set(repository, known);
    const reading = known.get(commit ?? '') ?? this.#read(repository, commit);
    known.set(commit ?? '', reading);
    return reading;
  }

  /** Its branches have moved. */
  forget(repository: Repository): void {
    this.#known.delete(repository);
  }

  /** By its id or the name of its file. */
  async find(repository: Repository, idOrName: string): Promise<Workflow> {
    const { files } = await this.at(repository, null);
    const found = [...files.keys()].find(
      ({ id, path }) => String(id) === idOrName || path === `${FOLDER}/${idOrName}`,
    );
    if (!found) throw notFound();
    return found;
  }

  async #read(repository: Repository, commit: string | null): Promise<Workflows> {
    const { git, defaultBranch } = repository;
    const tip = commit ?? (await git.resolve(defaultBranch).catch(() => null));
    const folder = tip === null ? null : await git.entry(tip, FOLDER).catch(() => null);
    const entries = folder === null ? [] : await git.tree(folder.sha);
    const files = new Map<Workflow, WorkflowFile>();
    for (const { path, sha } of entries.filter(each => /\.ya?ml$/.test(each.path))) {
      const file = tryRead((await git.blob(sha)).toString());
      if (file) files.set(this.#workflow(repository, `${FOLDER}/${path}`), file);
    }
    return { tip, files };
  }

  #workflow(repository: Repository, path: string): Workflow {
    const key = `${repository.id} ${path}`;
    const { newId, clock } = this.#world;
    const workflow = this.#workflows.get(key) ?? { id: newId(), repository, path, createdAt: clock.now() };
    this.#workflows.set(key, workflow);
    return workflow;
  }
}

function tryRead(text: string): WorkflowFile | null {
  try {
    return readWorkflow(text);
  } catch {
    return null;
  }
}
