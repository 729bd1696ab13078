/** What nearly every command takes. */
export interface Common {
  json?: boolean;
  config?: string;
}
