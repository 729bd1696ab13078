/** One request to the API and its answer. Bodies are parsed JSON; the path is without `/api/v3` and query. */
export interface Exchange {
  method: string;
  path: string;
  query: Record<string, string>;
  requestHeaders: Record<string, string>;
  requestBody: unknown;
  status: number;
  responseHeaders: Record<string, string>;
  responseBody: unknown;
}

/** Who watches what is asked of the API. */
export class Observers {
  readonly #listeners = new Set<(exchange: Exchange) => void>();

  listen(listener: (exchange: Exchange) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  exchange(exchange: Exchange): void {
    for (const listener of this.#listeners) listener(exchange);
  }
}
