export interface StopSignal extends Disposable {
  /** Resolves with the first SIGINT, SIGTERM, or SIGHUP: the terminal was closed. */
  told: Promise<NodeJS.Signals>;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Listens for being told to stop, until disposed. A second signal ends the process at once, for who can't wait. The
 * listeners stay while the process stops: a library that finds itself the only one left would raise the signal again.
 */
export function listenForStop(): StopSignal {
  const { promise: told, resolve } = Promise.withResolvers<NodeJS.Signals>();
  let isSecond = false;
  const listener = (signal: NodeJS.Signals) => {
    if (isSecond) process.exit(1);
    isSecond = true;
    resolve(signal);
  };
  for (const signal of SIGNALS) process.on(signal, listener);
  return {
    told,
    [Symbol.dispose]() {
      for (const signal of SIGNALS) process.off(signal, listener);
    },
  };
}
