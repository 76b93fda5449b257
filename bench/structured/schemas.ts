import { type JsonValue } from '#libs/runtime/grammar/constraint';

const object = (properties: Record<string, JsonValue>): JsonValue => ({ type: 'object', properties, required: Object.keys(properties), additionalProperties: false });
const text = { type: 'string', maxLength: 40 };
const position = { type: 'array', items: { type: 'number', minimum: -180, maximum: 180 }, minItems: 2, maxItems: 2 };

/** From next to no constraint to one that leaves the model few choices. */
export const BENCH_SCHEMAS: Readonly<Record<string, JsonValue>> = {
  'any object': { type: 'object' },
  'free text': { type: 'string', minLength: 200 },
  sentiment: object({ sentiment: { enum: ['positive', 'neutral', 'negative'] }, confidence: { type: 'number', minimum: 0, maximum: 1 }, reason: text }),
  person: object({ name: text, age: { type: 'integer', minimum: 0, maximum: 150 }, email: { type: 'string', format: 'email' }, born: { type: 'string', format: 'date' } }),
  invoice: object({
    number: { type: 'string', pattern: '^INV-\\d{4,6}$' },
    lines: { type: 'array', minItems: 2, maxItems: 4, items: object({ item: text, quantity: { type: 'integer', minimum: 1, maximum: 999 }, price: { type: 'number', minimum: 0, maximum: 99999.99 } }) },
    total: { type: 'number', minimum: 0 },
  }),
  'GeoJSON polygon': object({ type: { const: 'Polygon' }, coordinates: { type: 'array', items: { type: 'array', items: position, minItems: 4, maxItems: 8 }, minItems: 1, maxItems: 1 } }),
  'one of 20 calls': { anyOf: Array.from({ length: 20 }, (_, at) => object({ name: { const: `function_${at}` }, arguments: object({ query: text, limit: { type: 'integer', minimum: 1, maximum: 50 } }) })) },
  '50 fields': object(Object.fromEntries(Array.from({ length: 50 }, (_, at): [string, JsonValue] => [`field_${at}`, at % 2 ? { type: 'boolean' } : { type: 'integer', minimum: 0, maximum: 99 }]))),
  tree: { type: 'object', properties: { value: text, children: { type: 'array', items: { $ref: '#' }, maxItems: 3 } }, required: ['value', 'children'], additionalProperties: false },
};
