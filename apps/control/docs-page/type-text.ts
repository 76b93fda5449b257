import { type Json } from '#libs/contract/api/schema-components';
import { escapeHtml } from './markup.ts';

const LONGEST_PATTERN = 40;

/** A JSON Schema in a few words of HTML, with a link where it has a name. */
export function typeOf(schema: Json): string {
  const { $ref, enum: values, const: constant, default: standard } = schema;
  const base = typeof $ref === 'string' ? schemaLink($ref) : Array.isArray(values) ? values.map(code).join(', ') : constant !== undefined ? code(constant) : choices(schema) ?? plain(schema);
  return standard === undefined ? base : `${base}, default ${code(standard)}`;
}

function schemaLink(ref: string): string {
  const name = escapeHtml(ref.split('/').at(-1) ?? '');
  return `<a href="#schema-${name}">${name}</a>`;
}

function code(value: unknown): string {
  return `<code>${escapeHtml(typeof value === 'string' ? value : JSON.stringify(value))}</code>`;
}

function choices({ anyOf }: Json): string | null {
  return Array.isArray(anyOf) ? anyOf.map((choice) => typeOf(choice as Json)).join(' or ') : null;
}

function plain(schema: Json): string {
  const { type, items, additionalProperties, format, pattern } = schema;
  if (type === 'array') return `list${atMost(schema['maxItems'], '')} of ${typeOf((items ?? {}) as Json)}`;
  if (type === 'object' && typeof additionalProperties === 'object') return `object of ${typeOf(additionalProperties as Json)}`;
  if (Array.isArray(type)) return type.map((one) => plain({ ...schema, type: one as unknown })).join(' or ');
  if (type === 'string') {
    if (typeof format === 'string') return escapeHtml(format);
    return `string${atMost(schema['maxLength'], ' characters')}${typeof pattern === 'string' && pattern.length <= LONGEST_PATTERN ? ` ${code(pattern)}` : ''}`;
  }
  return `${typeof type === 'string' ? escapeHtml(type) : 'any'}${type === 'null' ? '' : range(schema)}`;
}

/** Least and most of an integer or number. Bounds that only say what fits a number are left out. */
function range({ minimum, maximum, exclusiveMinimum }: Json): string {
  const low = typeof minimum === 'number' && minimum > Number.MIN_SAFE_INTEGER ? minimum : null;
  const high = typeof maximum === 'number' && maximum < Number.MAX_SAFE_INTEGER ? maximum : null;
  const above = typeof exclusiveMinimum === 'number' ? ` above ${exclusiveMinimum}` : '';
  if (low !== null && high !== null) return `, ${low} to ${high.toLocaleString('en')}`;
  if (high !== null) return `${above}, at most ${high.toLocaleString('en')}`;
  return low === null ? above : `, ${low} or more`;
}

function atMost(max: unknown, unit: string): string {
  return typeof max === 'number' ? ` (at most ${max.toLocaleString('en')}${unit})` : '';
}
