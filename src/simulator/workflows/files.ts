import { z } from 'zod';
import { notFound } from '../http/errors.ts';
import type { Repository } from '../model.ts';
import type { World } from '../world.ts';
import type { Workflow } from './run.ts';
import { readWorkflow, type WorkflowFile } from './workflow-file.ts';

const FOLDER = '.github/workflows';

/** The workflows of one commit. */
interface WorkflowsAt {
  tip: string | null;
  files: Map<Workflow, WorkflowFile>;
  /** By path, what is wrong with those that start nothing. */
  faults: Map<string, string>;
}

/** The workflow files of repositories, read once for each state of their branches. */
export class WorkflowFiles {
  readonly #world: World;
  readonly #known = new Map<Repository, Map<string, Promise<WorkflowsAt>>>();
  readonly #workflows = new Map<string, Workflow>();

  constructor(world: World) {
    this.#world = world;
  }

  /** At a commit, or null: at the tip of the default branch. */
  at(repository: Repository, commit: string | null): Promise<WorkflowsAt> {
    const known = this.#known.get(repository) ?? new Map<string, Promise<WorkflowsAt>>();
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

  async #read(repository: Repository, commit: string | null): Promise<WorkflowsAt> {
    const { git, defaultBranch } = repository;
    const tip = commit ?? (await git.resolve(defaultBranch).catch(() => null));
    const folder = tip === null ? null : await git.entry(tip, FOLDER).catch(() => null);
    const entries = folder === null ? [] : await git.tree(folder.sha);
    const files = new Map<Workflow, WorkflowFile>();
    const faults = new Map<string, string>();
    for (const { path: name, sha } of entries.filter(each => /\.ya?ml$/.test(each.path))) {
      const path = `${FOLDER}/${name}`;
      const file = tryRead((await git.blob(sha)).toString());
      if (typeof file === 'string') faults.set(path, file);
      else files.set(this.#workflow(repository, path), file);
    }
    return { tip, files, faults };
  }

  #workflow(repository: Repository, path: string): Workflow {
    const key = `${repository.id} ${path}`;
    const { newId, clock } = this.#world;
    const workflow = this.#workflows.get(key) ?? { id: newId(), repository, path, createdAt: clock.now() };
    this.#workflows.set(key, workflow);
    return workflow;
  }
}

/** The file, or what is wrong with it. */
function tryRead(text: string): WorkflowFile | string {
  try {
    return readWorkflow(text);
  } catch (error) {
    if (error instanceof z.ZodError) return z.prettifyError(error);
    return error instanceof Error ? error.message : String(error);
  }
}
