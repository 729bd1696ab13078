export interface StopSignal extends Disposable {
  /** Resolves with the first SIGINT or SIGTERM. */
  told: Promise<NodeJS.Signals>;
}

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
  process.on('SIGINT', listener).on('SIGTERM', listener);
  return { told, [Symbol.dispose]: () => void process.off('SIGINT', listener).off('SIGTERM', listener) };
}
