/** What a check has found: `problem` keeps Orch or its agents from working, `note` is worth knowing. */
export interface Finding {
  check: string;
  state: 'ok' | 'note' | 'problem';
  says: string;
  /** The next step; lines of their own where it is a file to write. */
  remedy: string | null;
}

export function ok(check: string, says: string): Finding {
  return { check, state: 'ok', says, remedy: null };
}

export function note(check: string, says: string, remedy: string | null = null): Finding {
  return { check, state: 'note', says, remedy };
}

export function problem(check: string, says: string, remedy: string): Finding {
  return { check, state: 'problem', says, remedy };
}
