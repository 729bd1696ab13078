import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';

export interface ProxyOptions {
  /** The smee.io channel, and where its deliveries go. */
  source: string;
  target: string;
  clock: Clock;
  log: Log;
}

/** Development without a public address: deliveries come through a smee channel. Unreachable is a warning, and tried again. */
export function startProxy({ source, target, clock, log }: ProxyOptions): AsyncDisposable {
  let stopped = false;
  let tries = 0;
  let alarm: Disposable | null = null;
  let client: { stop(): Promise<void> } | null = null;
  void connect();

  async function connect(): Promise<void> {
    try {
      const { SmeeClient } = await import('smee-client');
      const smee = new SmeeClient({ source, target, logger: quiet(log), maxConnectionTimeout: 10_000 });
      client = smee;
      await smee.start();
      tries = 0;
      log.info({ source }, 'webhook proxy connected');
    } catch (error) {
      if (stopped) return;
      const seconds = Math.min(60, 2 ** tries++);
      log.warn(
        { source, why: (error as Error).message },
        `webhook proxy is unreachable, next try in ${seconds} s`,
      );
      await client?.stop();
      alarm = clock.after(seconds * 1000, () => void connect());
    }
  }

  return {
    async [Symbol.asyncDispose]() {
      stopped = true;
      alarm?.[Symbol.dispose]();
      await client?.stop();
    },
  };
}

/** The client logs every retry of a broken connection with its whole event. */
function quiet(log: Log) {
  return {
    info: (text: unknown) => log.debug({ proxy: String(text) }),
    error: (text: unknown) => log.warn({ proxy: String(text) }, 'webhook proxy'),
  };
}
