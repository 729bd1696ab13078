import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { manifestWithActions } from '../../src/daemon/setup.ts';
import { SUBSCRIBED } from '../../src/github/app.ts';

it('an App whose runs GitHub Actions carries out may start workflows and hears of them, and no other does', () => {
  const plain = parse(readFileSync(new URL('../../app.yml', import.meta.url), 'utf8'));
  const manifest = manifestWithActions(plain);
  expect(manifest.default_permissions).toEqual({ ...plain.default_permissions, actions: 'write' });
  expect(manifest.default_events).toEqual([...SUBSCRIBED, 'workflow_job', 'workflow_run'].sort());
  expect(plain.default_permissions.actions).toBe('read');
  expect(plain.default_events).not.toContain('workflow_run');
});
