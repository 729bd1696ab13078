import type { Connection } from './connection.ts';

export interface RepositoryRow {
  id: number;
  name: string;
  /** The last valid `.github/orch.yml`, and the blob it came from. */
  settingsText: string | null;
  settingsSha: string | null;
  /** The invalid version that Orch has complained about: once is enough. */
  complainedSha: string | null;
}

/** What Orch remembers of repositories between deliveries. */
export function openRepositories(db: Connection) {
  const get = db.prepare(
    `select id, name, settings_text as settingsText, settings_sha as settingsSha, complained_sha as complainedSha
     from repositories where id = ?`,
  );
  const name = db.prepare(
    'insert into repositories (id, name) values (?, ?) on conflict (id) do update set name = excluded.name',
  );
  const keep = db.prepare(
    'update repositories set settings_text = ?, settings_sha = ?, complained_sha = null where id = ?',
  );
  const forget = db.prepare('delete from repositories where id = ?');
  const complain = db.prepare('update repositories set complained_sha = ? where id = ?');

  return {
    get: (id: number): RepositoryRow | null => (get.get(id) as RepositoryRow | undefined) ?? null,
    /** Remembers the repository under its present name; a rename keeps the rest. */
    seen: (id: number, fullName: string): void => void name.run(id, fullName),
    keepSettings: (id: number, text: string | null, sha: string | null): void => void keep.run(text, sha, id),
    forget: (id: number): void => void forget.run(id),
    complained: (id: number, sha: string): void => void complain.run(sha, id),
  };
}
