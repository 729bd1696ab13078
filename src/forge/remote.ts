/** `write`: branches; `workflows`: also what defines GitHub's workflows. */
export type Access = 'read' | 'write' | 'workflows';

/** A repository as git reaches it. */
export interface Remote {
  /** The HTTPS clone address, without credentials. */
  url: string;
  /** `owner/name`, or two parts of another kind: what Orch's own copy is called. */
  name: string;
  /** `github.com`, or `127.0.0.1:4010`. */
  host: string;
  /** A token that may read, and push where something is pushed; null for none. Asked for before each exchange. */
  token: () => Promise<string | null>;
}
