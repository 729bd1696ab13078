import { join } from 'node:path';
import { OrchError } from '../shared/errors.ts';
import { version } from './version.ts';

// Imported as a module, node:http loads all that it exports, a WebSocket client too: that takes longer than Node itself.
const { request } = process.getBuiltinModule('node:http');
const { connect } = process.getBuiltinModule('node:net');

/** Asks the daemon over its unix socket. Errors: E_NO_DAEMON, and whatever the daemon answers. */
export async function askDaemon<T>(
  home: string,
  method: 'GET' | 'POST',
  path: string,
  { patienceMs = 10_000, sent }: { patienceMs?: number; sent?: object } = {},
): Promise<T> {
  const socket = join(home, 'daemon.sock');
  const { status, release, body } = await exchange(socket, { method, path, sent, patienceMs });
  if (release !== version() && !ANY_RELEASE.includes(path)) {
    const what = `The daemon is Orch ${release ?? 'of another release'}, and this command ${version()}`;
    throw new OrchError('E_OTHER_VERSION', what);
  }
  const answer = JSON.parse(body);
  if (status < 400) return answer as T;
  throw new OrchError(answer.code, answer.message, answer.remedy ? { remedy: answer.remedy } : {});
}

/** What a command of another release may ask: who is there, and to end. */
const ANY_RELEASE = ['/api/orchestrator', '/api/orchestrator/stop'];

function exchange(
  socketPath: string,
  asked: { method: string; path: string; sent: object | undefined; patienceMs: number },
): Promise<{ status: number; release: string | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    // A connection of its own passes by the agent, which would compile a large pattern to look for IP addresses.
    const { method, path, sent, patienceMs } = asked;
    const headers = sent === undefined ? {} : { 'content-type': 'application/json' };
    const options = { createConnection: () => connect(socketPath), method, path, headers };
    const call = request(options, response => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', chunk => {
        body += chunk;
      });
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 500,
          release: response.headers['orch-version'] as string,
          body,
        }),
      );
      response.on('error', reject);
    });
    call.on('error', cause =>
      reject(new OrchError('E_NO_DAEMON', `No daemon answers at ${socketPath}`, { cause })),
    );
    call.setTimeout(patienceMs, () =>
      call.destroy(new Error(`it does not answer within ${patienceMs / 1000} s`)),
    );
    call.end(sent && JSON.stringify(sent));
  });
}
