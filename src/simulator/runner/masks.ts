/** What must not be seen in the log of a job: each secret, and each line of one that has several, becomes `***`. */
export interface Masks {
  add(secret: string): void;
  hide(text: string): string;
}

export function openMasks(): Masks {
  const secrets = new Set<string>();
  return {
    add(secret) {
      for (const part of [secret, ...secret.split(/\r?\n/)]) if (part.trim() !== '') secrets.add(part);
    },
    hide(text) {
      // The longest first: one may be a part of another.
      const ordered = [...secrets].sort((a, b) => b.length - a.length);
      return ordered.reduce((hidden, secret) => hidden.replaceAll(secret, '***'), text);
    },
  };
}
