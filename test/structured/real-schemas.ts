import { type JsonValue } from '#libs/runtime/grammar/constraint';

/** A schema that requests might send. */
export interface NamedSchema {
  readonly name: string;
  readonly schema: { readonly [keyword: string]: JsonValue };
}

const object = (properties: Record<string, JsonValue>, required: readonly string[] = Object.keys(properties)): NamedSchema['schema'] => ({ type: 'object', properties, required, additionalProperties: false });
const text = { type: 'string' };
const short = { type: 'string', maxLength: 12 };
const whole = { type: 'integer' };
const money = { type: 'number', minimum: 0, maximum: 99999.99 };
const list = (items: JsonValue, rest: Record<string, JsonValue> = {}): JsonValue => ({ type: 'array', items, ...rest });
const oneOf = (...values: JsonValue[]): JsonValue => ({ enum: values });

const position = list({ type: 'number', minimum: -180, maximum: 180 }, { minItems: 2, maxItems: 3 });
const ring = list(position, { minItems: 4, maxItems: 5 });
const geometry = (type: string, coordinates: JsonValue): JsonValue => object({ type: { const: type }, coordinates });

/** Schemas of the kinds that applications use. Written for this test. */
export const REAL_SCHEMAS: readonly NamedSchema[] = [
  { name: 'person', schema: object({ name: text, age: { type: 'integer', minimum: 0, maximum: 150 }, email: { type: 'string', format: 'email' } }) },
  { name: 'address', schema: object({ street: short, city: short, postcode: { type: 'string', pattern: '^[0-9]{5}$' }, country: { type: 'string', pattern: '^[A-Z]{2}$' } }) },
  { name: 'us address', schema: object({ line1: short, line2: { type: ['string', 'null'], maxLength: 12 }, state: oneOf('CA', 'NY', 'TX', 'WA'), zip: { type: 'string', pattern: '^\\d{5}(-\\d{4})?$' } }) },
  { name: 'sentiment', schema: object({ sentiment: oneOf('positive', 'neutral', 'negative'), confidence: { type: 'number', minimum: 0, maximum: 1 } }) },
  { name: 'classification', schema: object({ labels: list(oneOf('sport', 'politics', 'science', 'other'), { minItems: 1, maxItems: 3 }) }) },
  { name: 'weather call', schema: object({ name: { const: 'get_weather' }, arguments: object({ city: short, unit: oneOf('celsius', 'fahrenheit') }) }) },
  { name: 'search call', schema: object({ query: short, limit: { type: 'integer', minimum: 1, maximum: 50 }, safe: { type: 'boolean' } }) },
  { name: 'calendar event', schema: object({ title: short, start: { type: 'string', format: 'date-time' }, end: { type: 'string', format: 'date-time' }, attendees: list({ type: 'string', format: 'email' }, { maxItems: 2 }) }) },
  { name: 'invoice', schema: object({ number: { type: 'string', pattern: '^INV-\\d{4,6}$' }, date: { type: 'string', format: 'date' }, currency: oneOf('EUR', 'USD', 'GBP'), lines: list(object({ item: short, quantity: { type: 'integer', minimum: 1, maximum: 999 }, price: money }), { minItems: 1, maxItems: 2 }), total: money }) },
  { name: 'order', schema: object({ id: { type: 'string', format: 'uuid' }, status: oneOf('new', 'paid', 'sent'), items: list(object({ sku: { type: 'string', pattern: '^[A-Z]{3}-[0-9]{3}$' }, count: { type: 'integer', minimum: 1, maximum: 20 } }), { minItems: 1, maxItems: 3 }) }) },
  { name: 'package.json', schema: { type: 'object', properties: { name: { type: 'string', pattern: '^[a-z][a-z0-9-]{0,20}$' }, version: { type: 'string', pattern: '^\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}$' }, private: { type: 'boolean' }, license: oneOf('MIT', 'Apache-2.0', 'ISC'), dependencies: { type: 'object', additionalProperties: { type: 'string', pattern: '^[~^]?\\d{1,2}\\.\\d{1,2}\\.\\d{1,2}$' }, maxProperties: 2 } }, required: ['name', 'version'], additionalProperties: false } },
  { name: 'tsconfig', schema: { type: 'object', properties: { compilerOptions: { type: 'object', properties: { strict: { type: 'boolean' }, target: oneOf('es2022', 'es2023', 'esnext'), lib: list(oneOf('es2023', 'dom'), { maxItems: 2 }) }, additionalProperties: false }, include: list(short, { maxItems: 2 }) }, required: ['compilerOptions'], additionalProperties: false } },
  { name: 'GeoJSON point', schema: geometry('Point', position) as NamedSchema['schema'] },
  { name: 'GeoJSON line', schema: geometry('LineString', list(position, { minItems: 2, maxItems: 3 })) as NamedSchema['schema'] },
  { name: 'GeoJSON polygon', schema: geometry('Polygon', list(ring, { minItems: 1, maxItems: 1 })) as NamedSchema['schema'] },
  { name: 'GeoJSON geometry', schema: { oneOf: [geometry('Point', position), geometry('LineString', list(position, { minItems: 2, maxItems: 2 }))] } },
  { name: 'GeoJSON feature', schema: object({ type: { const: 'Feature' }, geometry: { anyOf: [geometry('Point', position), { type: 'null' }] }, properties: { type: ['object', 'null'], maxProperties: 2, additionalProperties: { type: ['string', 'number', 'boolean', 'null'], maxLength: 8 } } }) },
  { name: 'OpenAPI parameter', schema: object({ name: short, in: oneOf('query', 'header', 'path', 'cookie'), required: { type: 'boolean' }, schema: object({ type: oneOf('string', 'integer', 'boolean') }) }) },
  { name: 'OpenAPI info', schema: { type: 'object', properties: { title: short, version: { type: 'string', pattern: '^\\d\\.\\d\\.\\d$' }, contact: { $ref: '#/$defs/contact' } }, required: ['title', 'version'], additionalProperties: false, $defs: { contact: object({ name: short, url: { type: 'string', format: 'uri' } }, ['name']) } } },
  { name: 'OpenAPI response', schema: object({ status: { type: 'integer', minimum: 100, maximum: 599 }, description: short, nullable: { type: 'string', nullable: true, maxLength: 6 } }) },
  { name: 'linked list', schema: { $ref: '#/$defs/node', $defs: { node: object({ value: whole, next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } }) } } },
  { name: 'tree', schema: { type: 'object', properties: { value: { type: 'string', maxLength: 6 }, children: list({ $ref: '#' }, { maxItems: 2 }) }, required: ['value'], additionalProperties: false } },
  { name: 'expression', schema: { $ref: '#/definitions/expr', definitions: { expr: { anyOf: [{ type: 'integer', minimum: 0, maximum: 99 }, object({ op: oneOf('+', '-', '*'), left: { $ref: '#/definitions/expr' }, right: { $ref: '#/definitions/expr' } })] } } } },
  { name: 'chess move', schema: object({ from: { type: 'string', pattern: '^[a-h][1-8]$' }, to: { type: 'string', pattern: '^[a-h][1-8]$' }, promotion: oneOf('q', 'r', 'b', 'n', null) }) },
  { name: 'colour', schema: { anyOf: [{ type: 'string', pattern: '^#[0-9a-f]{6}$' }, object({ r: { type: 'integer', minimum: 0, maximum: 255 }, g: { type: 'integer', minimum: 0, maximum: 255 }, b: { type: 'integer', minimum: 0, maximum: 255 } })] } },
  { name: 'bank account', schema: object({ iban: { type: 'string', pattern: '^DE\\d{20}$' }, holder: short }) },
  { name: 'product', schema: object({ id: { type: 'integer', exclusiveMinimum: 0, maximum: 1e6 }, name: short, price: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1000 }, tags: list(short, { maxItems: 2 }) }) },
  { name: 'recipe', schema: object({ title: short, minutes: { type: 'integer', multipleOf: 5, minimum: 5, maximum: 180 }, steps: list(short, { minItems: 1, maxItems: 3 }) }) },
  { name: 'quiz question', schema: object({ question: { type: 'string', minLength: 4, maxLength: 24 }, choices: list(short, { minItems: 4, maxItems: 4 }), answer: { type: 'integer', minimum: 0, maximum: 3 } }) },
  { name: 'log entry', schema: object({ at: { type: 'string', format: 'date-time' }, level: oneOf('debug', 'info', 'warn', 'error'), message: short, code: { type: ['integer', 'null'], minimum: 0, maximum: 999 } }) },
  { name: 'network host', schema: object({ ip: { type: 'string', format: 'ipv4' }, ip6: { type: 'string', format: 'ipv6' }, host: { type: 'string', format: 'hostname' }, port: { type: 'integer', minimum: 1, maximum: 65535 } }) },
  { name: 'time span', schema: object({ from: { type: 'string', format: 'time' }, length: { type: 'string', format: 'duration' } }) },
  { name: 'shape', schema: { oneOf: [object({ kind: { const: 'circle' }, radius: { type: 'number', minimum: 0, maximum: 10 } }), object({ kind: { const: 'square' }, side: { type: 'number', minimum: 0, maximum: 10 } }), object({ kind: { const: 'rect' }, width: whole, height: whole })] } },
  { name: 'payment', schema: { type: 'object', properties: { amount: money }, required: ['amount', 'method'], anyOf: [{ properties: { method: { const: 'card' }, last4: { type: 'string', pattern: '^\\d{4}$' } }, required: ['last4'] }, { properties: { method: { const: 'cash' } } }], maxProperties: 4 } },
  { name: 'extended user', schema: { allOf: [{ $ref: '#/$defs/base' }, { type: 'object', properties: { admin: { type: 'boolean' } }, required: ['admin'] }], $defs: { base: { type: 'object', properties: { id: whole, name: short }, required: ['id', 'name'], maxProperties: 4 } } } },
  { name: 'tuple', schema: { type: 'array', prefixItems: [{ type: 'string', maxLength: 4 }, whole, { type: 'boolean' }], items: false, minItems: 3 } },
  { name: 'matrix', schema: list(list({ type: 'number', minimum: -1, maximum: 1 }, { minItems: 2, maxItems: 2 }), { minItems: 2, maxItems: 2 }) as NamedSchema['schema'] },
  { name: 'translations', schema: { type: 'object', properties: { de: short, en: short, fr: short }, minProperties: 1, additionalProperties: false } },
  { name: 'settings', schema: { type: 'object', properties: { theme: oneOf('light', 'dark'), size: { type: 'integer', minimum: 8, maximum: 32 } }, additionalProperties: { type: 'boolean' }, maxProperties: 3 } },
  { name: 'names that JavaScript knows', schema: object({ constructor: whole, toString: short, valueOf: { type: 'boolean' }, hasOwnProperty: { type: 'null' } }) },
  { name: 'names with quotes', schema: object({ 'a"b': whole, 'c\\d': whole, 'e\nf': whole, 'g/h': whole, 'é': whole, '': whole }) },
  { name: 'entities', schema: object({ people: list(object({ name: short, role: { type: 'string', maxLength: 8 } }, ['name']), { maxItems: 2 }), places: list(short, { maxItems: 2 }) }) },
  { name: 'chain of thought', schema: object({ steps: list(object({ thought: { type: 'string', maxLength: 20 } }), { minItems: 1, maxItems: 2 }), answer: short }) },
  { name: 'yes or no', schema: { enum: ['yes', 'no'] } },
  { name: 'rating', schema: { type: 'integer', minimum: 1, maximum: 5 } },
  { name: 'free text', schema: { type: 'string' } },
  { name: 'any object', schema: { type: 'object' } },
  { name: 'anything', schema: {} },
];
