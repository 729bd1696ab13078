import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Delivery } from '../../src/simulator/deliveries.ts';
import { type Schema, Schemas } from './json-schema.ts';
import { withoutErrata } from './openapi.ts';

interface Description {
  webhooks: Record<string, { post: { requestBody: { content: Record<string, { schema: Schema }> } } }>;
  components: { schemas: Record<string, Schema> };
}

/** Parsed once for all tests of a worker. */
let loaded: { description: Description; schemas: Schemas } | undefined;

/** What in a delivery's payload is not as GitHub's webhook schemas say, the errata apart. */
export function deliveryViolations({
  event,
  action,
  payload,
}: Pick<Delivery, 'event' | 'action' | 'payload'>): string[] {
  loaded ??= load();
  const { description, schemas } = loaded;
  const name = [event, action].filter(Boolean).join('-').replaceAll('_', '-');
  const schema = description.webhooks[name]?.post.requestBody.content['application/json']?.schema;
  const subject = [event, action].filter(Boolean).join('.');
  if (!schema) return [`${subject}: GitHub has no such webhook`];
  return withoutErrata(subject, schemas.violations(name, schema, payload));
}

function load() {
  const file = createRequire(import.meta.url).resolve(
    '@octokit/openapi-webhooks/generated/api.github.com.json',
  );
  const description = JSON.parse(readFileSync(file, 'utf8')) as Description;
  return { description, schemas: new Schemas(description.components) };
}
