export interface Bell {
  /** Something has happened. */
  ring(): void;
  /**
   * What `look` finds, as soon as it finds something: it looks again whenever something has happened. Throws when the
   * signal is aborted first.
   */
  until<T>(look: () => Promise<T | null | undefined | false> | T | null | undefined | false): Promise<T>;
}

export function hangBell(signal: () => AbortSignal): Bell {
  let rung = Promise.withResolvers<void>();
  return {
    ring() {
      rung.resolve();
      rung = Promise.withResolvers();
    },
    async until(look) {
      for (;;) {
        const next = rung.promise;
        const found = await look();
        if (found) return found;
        await orAborted(next, signal());
      }
    },
  };
}

async function orAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  await Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', abort));
}
