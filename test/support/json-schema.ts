import { Ajv, type ValidateFunction } from 'ajv';

export type Schema = Record<string, unknown>;

/** Validators for the parts of one OpenAPI document, compiled when first needed and then kept. */
export class Schemas {
  readonly #ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true, addUsedSchema: false });
  readonly #components: { schemas: Record<string, Schema> };
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(components: { schemas: Record<string, Schema> }) {
    this.#components = components;
    this.#ajv.addSchema({ $id: 'github', components: { schemas: convert(components.schemas) } });
  }

  /** What is wrong with a value, as `/path complaint`; `name` stands for the schema in the cache. */
  violations(name: string, schema: Schema, value: unknown): string[] {
    let validate = this.#validators.get(name);
    if (!validate) {
      validate = this.#ajv.compile(convert(schema) as Schema);
      this.#validators.set(name, validate);
    }
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message = '', params }) => {
      const { missingProperty: _named, ...more } = params as Schema;
      return `${instancePath || '/'} ${message} ${Object.keys(more).length > 0 ? JSON.stringify(more) : ''}`.trim();
    });
  }

  /** Keys that a schema doesn't know: GitHub's are open, so a misspelt key would pass unseen. */
  unknownKeys(schema: Schema, value: unknown, at = ''): string[] {
    if (Array.isArray(value)) {
      const items = this.#variants(schema).flatMap(({ items }) => (items ? [items as Schema] : []));
      return items.length === 0
        ? []
        : value.flatMap((item, index) => this.unknownKeys({ anyOf: items }, item, `${at}/${index}`));
    }
    if (typeof value !== 'object' || value === null) return [];
    const objects = this.#variants(schema).filter(({ properties }) => properties);
    if (objects.length === 0) return [];
    const known = Object.assign({}, ...objects.map(({ properties }) => properties)) as Record<string, Schema>;
    return Object.entries(value).flatMap(([key, inner]) => {
      const property = known[key];
      return property
        ? this.unknownKeys(property, inner, `${at}/${key}`)
        : [`${at}/${key} is no key GitHub knows`];
    });
  }

  #variants(schema: Schema): Schema[] {
    const {
      $ref,
      oneOf = [],
      anyOf = [],
      allOf = [],
    } = schema as { $ref?: string } & Record<string, Schema[]>;
    const target =
      typeof $ref === 'string' ? this.#components.schemas[$ref.split('/').at(-1) ?? ''] : undefined;
    const more = [...oneOf, ...anyOf, ...allOf, ...(target ? [target] : [])];
    return [schema, ...more.flatMap(inner => this.#variants(inner))];
  }
}

/**
 * OpenAPI 3.0 to JSON Schema: `nullable` becomes a choice with null; `oneOf` becomes `anyOf`, because GitHub's
 * choices overlap; references point to the one document that holds all schemas.
 */
function convert(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(convert);
  if (typeof node !== 'object' || node === null) return node;
  const { nullable, example: _example, examples: _examples, ...rest } = node as Schema;
  const converted: Schema = {};
  for (const [key, value] of Object.entries(rest)) {
    if (key === '$ref' && typeof value === 'string') converted.$ref = value.replace(/^#/, 'github#');
    else if (key === 'enum' || key === 'default') converted[key] = value;
    else if (key === 'properties') converted.properties = convertEach(value as Record<string, unknown>);
    else converted[key === 'oneOf' ? 'anyOf' : key] = convert(value);
  }
  return nullable === true ? { anyOf: [{ type: 'null' }, converted] } : converted;
}

function convertEach(schemas: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, convert(schema)]));
}
