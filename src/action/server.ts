import { request as overTcp } from 'node:http';
import { request as overTls } from 'node:https';
import { z } from 'zod';
import { findHome } from '../cli/home.ts';
import { homePaths } from '../config/paths.ts';
import { ERRORS, type ErrorCode, OrchError } from '../shared/errors.ts';
import { shorten } from '../shared/text.ts';
import type { EnqueueInputs } from './inputs.ts';

/** An Orch that runs elsewhere: asked over its API, which is the same at an address and on its socket. */
export interface Server {
  /** Where it is, for people. */
  name: string;
  /** What it answers, in this shape. Errors: E_NO_DAEMON when nobody answers, or who is no Orch, and whatever it says. */
  ask<T>(shape: z.ZodType<T>, method: 'GET' | 'POST', path: string, more?: Asking): Promise<T>;
}

interface Asking {
  sent?: object;
  signal?: AbortSignal;
}

/** In ms: what an App answers waits for GitHub. */
const PATIENCE = 90_000;
/** What a task's whole story may take, in bytes. */
const MOST_BYTES = 32 * 1024 * 1024;

/** That of `api`, else the one at home on this host. No folder of the host is in what it says. */
export async function serverOf({ api, settings }: Pick<EnqueueInputs, 'api' | 'settings'>): Promise<Server> {
  const home = api === null ? await findHome({ config: settings ?? undefined }) : '';
  const target = api ?? { socketPath: homePaths(home).socket };
  const name = api === null ? "the runner's host" : api.url;
  return {
    name,
    async ask(shape, method, path, more = {}) {
      const { status, body } = await exchange(target, { method, path, ...more }).catch(cause => {
        throw new OrchError('E_NO_DAEMON', `No Orch answers at ${name}: ${cause.code ?? cause.message}`, {
          cause,
          remedy: api === null ? START : LOOK,
        });
      });
      const answer = parsed(body);
      const told = shape.safeParse(answer);
      if (status < 300 && told.success) return told.data;
      throw refusal(answer) ?? noOrch(name, status);
    },
  };
}

const START =
  "Start it there as the runner's user: orch serve. With `settings` or ORCH_HOME say where its home is, or with `api-url` where else it runs.";
const LOOK = 'See that it runs there, and that `api-url` is the address of its API.';

type Target = { url: string; token: string } | { socketPath: string };

function exchange(
  target: Target,
  { method, path, sent, signal }: Asking & { method: string; path: string },
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...('token' in target && { authorization: `Bearer ${target.token}` }),
      ...(sent && { 'content-type': 'application/json' }),
    };
    const options = { method, headers, timeout: PATIENCE, agent: false, ...(signal && { signal }) };
    const url = 'url' in target ? new URL(`${target.url.replace(/\/+$/, '')}${path}`) : null;
    const send = url?.protocol === 'https:' ? overTls : overTcp;
    const call = url ? send(url, options) : send({ ...options, ...target, path });
    call.on('response', response => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size > MOST_BYTES) response.destroy(new Error('the answer is too long'));
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 500, body: Buffer.concat(chunks).toString() }),
      );
      response.on('error', reject);
    });
    call.on('timeout', () => call.destroy(new Error(`nothing within ${PATIENCE / 1000} s`)));
    call.on('error', reject);
    call.end(sent && JSON.stringify(sent));
  });
}

/** Undefined for what is no JSON. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const refused = z.object({ code: z.string(), message: z.string(), remedy: z.string().optional() });

/** What an Orch says no with; one of a later release may have codes that are not known here. */
function refusal(answer: unknown): OrchError | null {
  const { data } = refused.safeParse(answer);
  if (!data) return null;
  const code = Object.hasOwn(ERRORS, data.code) ? (data.code as ErrorCode) : 'E_INTERNAL';
  return new OrchError(code, shorten(data.message, 4000), data.remedy ? { remedy: data.remedy } : {});
}

function noOrch(name: string, status: number): OrchError {
  return new OrchError('E_NO_DAEMON', `What answers at ${name} with ${status} is no Orch`, { remedy: LOOK });
}
