/** What an event of a CLI tells, in Orch's words. Texts are bounded and hold no control characters. */
export type Told = {
  /** Told again under the same id, it takes the place of what it said before. */ once: string | null;
} & (
  | { as: 'session'; id: string | null; model: string | null }
  /** `goesOn`: a further part of the last text. */
  | { as: 'text'; text: string; goesOn: boolean }
  | { as: 'tool'; name: string; detail: string | null }
  /** Of a step, of this process so far, or of the whole session. */
  | { as: 'usage'; mode: 'add' | 'set' | 'session'; tokens: Tokens; cost: number | null }
  /** The CLI will call its model again by itself, `delay` ms from now; `silent`: and tells of no try after that. */
  | {
      as: 'retry';
      status: number | null;
      message: string;
      delay: number | null;
      silent: boolean;
      reset: string | null;
    }
  | { as: 'end'; failed: boolean; status: number | null; message: string | null; text: string | null }
);

/** No amount is beyond this: what is told must stay fit to be added up and written down. */
export const MOST = 1e12;

export interface Tokens {
  input: number;
  cached: number;
  output: number;
}
