import { emit } from '../emit.ts';
import { invalid } from '../http/errors.ts';
import type { Label } from '../model.ts';
import { shapeLabel } from '../shape/issue.ts';
import { type Deed, refuseArchived } from '../world.ts';

export function createLabel(
  deed: Deed,
  input: { name: string; color?: string | undefined; description?: string | null | undefined },
): Label {
  const { world, repository } = deed;
  refuseArchived(repository);
  const key = input.name.toLowerCase();
  if (repository.labels.has(key)) throw invalid({ resource: 'Label', code: 'already_exists', field: 'name' });
  const color = input.color?.replace(/^#/, '') ?? 'ededed';
  const label: Label = { id: world.newId(), name: input.name, color, description: input.description ?? null };
  repository.labels.set(key, label);
  emit(deed, 'label', 'created', { label: shapeLabel(world, repository, label) });
  return label;
}

/** The labels of these names; those the repository lacks are made, as GitHub does. */
export function labelsNamed(deed: Deed, names: readonly string[]): Label[] {
  return names.map(name => deed.repository.labels.get(name.toLowerCase()) ?? createLabel(deed, { name }));
}

export function updateLabel(
  deed: Deed,
  label: Label,
  input: { name?: string | undefined; color?: string | undefined; description?: string | null | undefined },
): void {
  const { labels } = deed.repository;
  refuseArchived(deed.repository);
  const name = input.name ?? label.name;
  const known = labels.get(name.toLowerCase());
  if (known && known !== label) throw invalid({ resource: 'Label', code: 'already_exists', field: 'name' });
  labels.delete(label.name.toLowerCase());
  Object.assign(label, {
    name,
    color: input.color?.replace(/^#/, '') ?? label.color,
    description: input.description === undefined ? label.description : input.description,
  });
  labels.set(name.toLowerCase(), label);
}

export function deleteLabel(deed: Deed, label: Label): void {
  const { world, repository } = deed;
  refuseArchived(repository);
  repository.labels.delete(label.name.toLowerCase());
  for (const issue of repository.issues.values())
    issue.labels = issue.labels.filter(other => other !== label);
  emit(deed, 'label', 'deleted', { label: shapeLabel(world, repository, label) });
}
