import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../src/simulator/observers.ts';
import { testGitHub } from './github.ts';
import { exchangeViolations } from './openapi.ts';
import { validated } from './validated.ts';
import { deliveryViolations } from './webhook-schemas.ts';

const exchange = (change: Partial<Exchange>): Exchange => ({
  method: 'GET',
  path: '/repos/acme/shop/labels',
  query: {},
  requestHeaders: {},
  requestBody: undefined,
  status: 200,
  responseHeaders: {},
  responseBody: [],
  ...change,
});

describe('holding exchanges against the description of GitHub', () => {
  it('finds nothing wrong with what GitHub would say', () => {
    expect(exchangeViolations(exchange({}))).toEqual([]);
    expect(
      exchangeViolations(exchange({ status: 403, responseBody: { message: 'No', documentation_url: '' } })),
    ).toEqual([]);
  });

  it('names an operation, a query key and a status that GitHub does not have', () => {
    expect(exchangeViolations(exchange({ path: '/repos/acme/shop/wishes' }))).toEqual([
      'GET /repos/acme/shop/wishes: GitHub has no such operation',
    ]);
    expect(exchangeViolations(exchange({ query: { per_pages: '3' } }))).toEqual([
      'GET /repos/{owner}/{repo}/labels: query per_pages is none GitHub knows',
    ]);
    expect(exchangeViolations(exchange({ status: 202 }))).toEqual([
      'GET /repos/{owner}/{repo}/labels: response 202 is none GitHub gives here',
    ]);
  });

  it('names keys of a request that GitHub does not know, at any depth', () => {
    const requestBody = {
      name: 'test',
      head_sha: 'abc',
      output: { title: 't', summary: 's', sumary: '' },
      statuss: 'queued',
    };
    const found = exchangeViolations(
      exchange({ method: 'POST', path: '/repos/acme/shop/check-runs', requestBody, status: 500 }),
    );
    expect(found).toEqual([
      'POST /repos/{owner}/{repo}/check-runs: request /output/sumary is no key GitHub knows',
      'POST /repos/{owner}/{repo}/check-runs: request /statuss is no key GitHub knows',
    ]);
  });

  it('names a completed check run without conclusion, and a missing key', () => {
    const found = exchangeViolations(
      exchange({
        method: 'POST',
        path: '/repos/acme/shop/check-runs',
        requestBody: { head_sha: 'abc', status: 'completed' },
        status: 500,
      }),
    );
    expect(found.join('\n')).toContain("must have required property 'name'");
    expect(found.join('\n')).toContain('/conclusion is missing');
  });

  it('names what is wrong in an answer', () => {
    const found = exchangeViolations(exchange({ responseBody: [{ id: 'one' }] }));
    expect(found.join('\n')).toContain('/0/id must be integer');
    expect(found.join('\n')).toContain("/0 must have required property 'color'");
  });

  it('names what is wrong in a webhook', () => {
    expect(deliveryViolations({ event: 'issues', action: 'wished', payload: {} })).toEqual([
      'issues.wished: GitHub has no such webhook',
    ]);
    const found = deliveryViolations({ event: 'issues', action: 'opened', payload: { action: 'opened' } });
    expect(found).toContain("issues.opened: / must have required property 'issue'");
  });

  it('fails a test in which the simulator was asked for something that GitHub does not have', async () => {
    await using github = await testGitHub();
    const second = validated(github.simulator);
    await github.app('GET', '/app/installations?per_page=1');
    expect(second.violations).toEqual([]);
    await github.app('GET', '/app/wishes').catch(() => undefined);
    expect(() => second[Symbol.dispose]()).toThrow('GET /app/wishes: GitHub has no such operation');
    github.validation.forgive(/wishes/);
  });
});
