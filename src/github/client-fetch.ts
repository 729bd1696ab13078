import type { Secrets } from '../shared/secrets/secrets.ts';

/**
 * What all calls to GitHub's API pass through: each token in use becomes known, and no secret is in what is written
 * there, whoever put it into a comment, check run or pull request.
 */
export function guardedFetch(secrets: Secrets): typeof fetch {
  return async (input, init = {}) => {
    const authorization = new Headers(init.headers).get('authorization');
    if (authorization !== null) secrets.know(authorization.replace(/^\w+ /, ''), 'a token of Orch');
    const { body } = init;
    return await fetch(input, typeof body === 'string' ? { ...init, body: secrets.redact(body) } : init);
  };
}
