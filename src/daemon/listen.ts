import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OrchError } from '../shared/errors.ts';

/** Listens, and gives the address for people. Errors: E_PORT_TAKEN. */
export async function listen(
  server: Server,
  { host, port }: { host: string; port: number },
): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const isTaken = cause.code === 'EADDRINUSE';
      const what = isTaken
        ? `Port ${port} on ${host} is taken`
        : `Orch can't listen on ${host}:${port}: ${cause.message}`;
      reject(new OrchError('E_PORT_TAKEN', what, { cause }));
    });
    server.listen(port, host, resolve);
  });
  const { family, address, port: taken } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`;
}
