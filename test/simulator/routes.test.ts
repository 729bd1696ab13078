import { describe, expect, it } from 'vitest';
import { ROUTES } from '../../src/simulator/routes/index.ts';
import { needsOf } from '../support/needs.ts';

describe('the routes of the simulator', () => {
  it('are each declared once', () => {
    const names = ROUTES.map(({ method, path }) => `${method} ${path.replace(/:\w+/g, ':x')}`);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });

  it('say what an App must hold to use them', () => {
    expect(needsOf({ method: 'GET', path: '/app' })).toEqual([]);
    expect(needsOf({ method: 'GET', path: '/repos/acme/shop/issues/comments' })).toEqual([
      'issues:read',
      'pull_requests:read',
    ]);
    expect(needsOf({ method: 'PUT', path: '/repos/acme/shop/contents/.github/orch.yml' })).toEqual([
      'contents:write',
    ]);
    expect(needsOf({ method: 'PATCH', path: '/repos/acme/shop/check-runs/7' })).toEqual(['checks:write']);
    expect(() => needsOf({ method: 'GET', path: '/wishes' })).toThrow('no route for GET /wishes');
  });

  it('write nothing with a permission to read', () => {
    const writing = ROUTES.filter(route => route.method !== 'GET' && route.access === 'repository');
    for (const route of writing) {
      const needs = route.access === 'repository' ? route.needs : [];
      expect(
        needs.every(need => need.endsWith(':write')),
        `${route.method} ${route.path}`,
      ).toBe(true);
    }
  });
});
