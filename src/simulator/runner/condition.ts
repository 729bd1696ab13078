export type JobStatus = 'success' | 'failure' | 'cancelled';

/** Whether a step begins, by its `if:` and by how the job stands; without a word of the status it waits for success. */
export function holds(condition: string, status: JobStatus): boolean {
  switch (condition.replace(/^\s*\$\{\{|\}\}\s*$/g, '').trim()) {
    case 'always()':
      return true;
    case '':
    case 'success()':
      return status === 'success';
    case 'failure()':
      return status === 'failure';
    case 'cancelled()':
      return status === 'cancelled';
    case '!cancelled()':
      return status !== 'cancelled';
    default:
      throw new Error(`The runner can't say whether this holds: ${condition}`);
  }
}
