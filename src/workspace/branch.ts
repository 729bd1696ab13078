/** `orch/T42-fix-the-failing-test`: readable in a list of branches, unique by its number. */
export function branchName(task: number, instruction: string, suffix = 1): string {
  const slug = instruction
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '');
  const name = slug === '' ? `orch/T${task}` : `orch/T${task}-${slug}`;
  return suffix === 1 ? name : `${name}-${suffix}`;
}
