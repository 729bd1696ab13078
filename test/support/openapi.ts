import { readFileSync } from 'node:fs';
import type { Exchange } from '../../src/simulator/observers.ts';
import { ERRATA } from '../fixtures/github/errata.ts';
import { type Schema, Schemas } from './json-schema.ts';

interface Operation {
  parameters?: ({ $ref: string } | { name: string; in: string })[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { $ref?: string; content?: Record<string, { schema?: Schema }> }>;
}

interface Description {
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, Schema>;
    parameters: Record<string, { name: string; in: string }>;
    responses: Record<string, { content?: Record<string, { schema?: Schema }> }>;
  };
}

interface Loaded {
  description: Description;
  schemas: Schemas;
  templates: { template: string; pattern: RegExp; fixed: number }[];
}

/** Parsed once for all tests of a worker. */
let loaded: Loaded | undefined;

/** What in an exchange is not as GitHub's OpenAPI description says, the errata apart. Each names its operation. */
export function exchangeViolations(exchange: Exchange): string[] {
  loaded ??= load();
  const { description, templates } = loaded;
  const template = templates.find(({ pattern }) => pattern.test(exchange.path))?.template;
  const operation = template && description.paths[template]?.[exchange.method.toLowerCase()];
  const subject = `${exchange.method} ${template ?? exchange.path}`;
  // What GitHub itself would refuse as unknown is a mistake of the caller.
  if (!operation) return [`${subject}: GitHub has no such operation`];
  const found = [
    ...queryViolations(loaded, operation, exchange),
    // A request that was refused as invalid may be so.
    ...([400, 422].includes(exchange.status) ? [] : requestViolations(loaded, subject, operation, exchange)),
    ...responseViolations(loaded, subject, operation, exchange),
  ];
  return withoutErrata(subject, found);
}

export function withoutErrata(subject: string, violations: readonly string[]): string[] {
  const known = (violation: string) =>
    ERRATA.some(erratum => erratum.subject.test(subject) && erratum.violation.test(violation));
  return violations.filter(violation => !known(violation)).map(violation => `${subject}: ${violation}`);
}

function load(): Loaded {
  const file = new URL('../fixtures/github/openapi-slice.json', import.meta.url);
  const description = JSON.parse(readFileSync(file, 'utf8')) as Description;
  const templates = Object.keys(description.paths).map(template => ({
    template,
    pattern: patternOf(template),
    fixed: template.replace(/\{[^}]+\}/g, '').length,
  }));
  templates.sort((one, other) => other.fixed - one.fixed);
  return { description, schemas: new Schemas(description.components), templates };
}

/** Paths of files and names of refs at the end may hold slashes. */
function patternOf(template: string): RegExp {
  const source = template
    .replace(/\/contents\/\{path\}$/, '/contents(?:/.*)?')
    .replace(/\/git\/(ref|refs|matching-refs)\/\{ref\}$/, '/git/$1/.+')
    .replace(/\{[^}]+\}/g, '[^/]+');
  return new RegExp(`^${source}$`);
}

function queryViolations({ description }: Loaded, operation: Operation, { query }: Exchange): string[] {
  const parameters = (operation.parameters ?? []).map(parameter =>
    '$ref' in parameter
      ? description.components.parameters[parameter.$ref.split('/').at(-1) ?? '']
      : parameter,
  );
  const known = parameters.filter(parameter => parameter?.in === 'query').map(parameter => parameter?.name);
  return Object.keys(query)
    .filter(name => !known.includes(name))
    .map(name => `query ${name} is none GitHub knows`);
}

function requestViolations(
  { schemas }: Loaded,
  subject: string,
  operation: Operation,
  exchange: Exchange,
): string[] {
  const schema = operation.requestBody?.content['application/json']?.schema;
  const body = exchange.requestBody;
  if (body === undefined || (isEmpty(body) && !schema)) return [];
  if (!schema) return ['request takes no body'];
  const found = [
    ...schemas.violations(`${subject} request`, schema, body),
    ...schemas.unknownKeys(schema, body),
  ];
  const { status, conclusion } = body as { status?: unknown; conclusion?: unknown };
  if (subject.includes('/check-runs') && status === 'completed' && !conclusion) {
    found.push('/conclusion is missing, though the status is completed');
  }
  return found.map(violation => `request ${violation}`);
}

function isEmpty(body: unknown): boolean {
  return typeof body === 'object' && body !== null && Object.keys(body).length === 0;
}

function responseViolations(
  known: Loaded,
  subject: string,
  operation: Operation,
  exchange: Exchange,
): string[] {
  const { status, responseBody } = exchange;
  const declared = operation.responses[status];
  if (status >= 500) return [];
  if (!declared)
    return status < 400 ? [`response ${status} is none GitHub gives here`] : errorViolations(known, exchange);
  const response = declared.$ref
    ? known.description.components.responses[declared.$ref.split('/').at(-1) ?? '']
    : declared;
  const schema = response?.content?.['application/json']?.schema;
  if (!schema || responseBody === undefined) return [];
  const found = known.schemas.violations(`${subject} ${status}`, schema, responseBody);
  return found.map(violation => `response ${violation}`);
}

/** Many operations leave out the refusals that every one can give. */
function errorViolations({ schemas }: Loaded, { responseBody }: Exchange): string[] {
  const found = schemas.violations('error', { $ref: '#/components/schemas/basic-error' }, responseBody);
  return found.map(violation => `response ${violation}`);
}
