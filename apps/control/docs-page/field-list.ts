import { type Json } from '#libs/contract/api/schema-components';
import { escapeHtml, prose } from './markup.ts';
import { typeOf } from './type-text.ts';

/** Characters of a name that its column has room for. */
const FITS = 24;

export interface Field {
  readonly name: string;
  readonly schema: Json;
  readonly isRequired: boolean;
  /** Where a parameter stands, such as `query`. */
  readonly place?: string;
  readonly description?: string;
}

/** Fields with type and meaning, one below the other. */
export function fieldList(fields: readonly Field[]): string {
  if (fields.length === 0) return '';
  return `<dl class="fields">${fields.map(fieldItem).join('')}</dl>`;
}

function fieldItem({ name, schema, isRequired, place, description }: Field): string {
  const told = description ?? meaning(schema);
  const notes = [place, isRequired ? '<strong>required</strong>' : ''].filter(Boolean).join(' · ');
  return `<div><dt><code>${breakable(name)}</code>${notes ? `<span class="note">${notes}</span>` : ''}</dt><dd><span class="type">${typeOf(schema)}</span>${told ? `<p>${prose(told)}</p>` : ''}</dd></div>`;
}

/** A long name may break before a capital or after a dot, not in the middle of a word. */
function breakable(name: string): string {
  return name.length <= FITS ? escapeHtml(name) : escapeHtml(name).replaceAll(/(?<=[a-z])(?=[A-Z])|(?<=\.)/g, '<wbr>');
}

/** What a field means; where it may be null, its description can stand with the other choice. */
function meaning({ description, anyOf }: Json): string {
  if (typeof description === 'string') return description;
  return Array.isArray(anyOf) ? (anyOf as Json[]).map(meaning).find((text) => text !== '') ?? '' : '';
}

/** The fields of an object, required ones first; those of unnamed objects within it follow as `outer.inner`, of lists as `outer[].inner`. */
export function fieldsOf(schema: Json, prefix = ''): Field[] {
  const required = new Set((schema['required'] ?? []) as string[]);
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Json>);
  return properties.toSorted(([a], [b]) => Number(required.has(b)) - Number(required.has(a))).flatMap(([name, field]) => {
    const inner = innerObject(field);
    const own: Field = { name: prefix + name, schema: field, isRequired: required.has(name) };
    return inner ? [own, ...fieldsOf(inner.schema, `${prefix}${name}${inner.mark}`)] : [own];
  });
}

function innerObject(field: Json): { readonly schema: Json; readonly mark: string } | null {
  if (field['properties'] !== undefined) return { schema: field, mark: '.' };
  const choices = (field['anyOf'] ?? []) as Json[];
  const choice = choices.find((one) => innerObject(one) !== null);
  if (choice) return innerObject(choice);
  const items = field['items'] as Json | undefined;
  const inner = items && innerObject(items);
  return inner ? { schema: inner.schema, mark: `[]${inner.mark}` } : null;
}
