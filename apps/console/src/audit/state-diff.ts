/** One field of a state, before and after. */
export interface FieldDiff {
  /** Where it stands, such as `guards[0].kind`; empty for a state that is no object. */
  readonly path: string;
  readonly kind: 'added' | 'removed' | 'changed' | 'same';
  /** As text; null where there is none. */
  readonly before: string | null;
  readonly after: string | null;
}

const MAX_FIELDS = 2000;

/**
 * Compares two states field by field, in the order in which the later one has them. Lists of plain
 * values are one field, because what counts of them is what is in and what is not.
 */
export function diffState(before: unknown, after: unknown): readonly FieldDiff[] {
  const [old, now] = [fieldsOf(before), fieldsOf(after)];
  const paths = [...new Set([...now.keys(), ...old.keys()])].slice(0, MAX_FIELDS);
  return paths.map((path) => {
    const [was, is] = [old.get(path) ?? null, now.get(path) ?? null];
    const kind = was === null ? 'added' : is === null ? 'removed' : was === is ? 'same' : 'changed';
    return { path, kind, before: was, after: is };
  });
}

function fieldsOf(state: unknown): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  if (state !== null && state !== undefined) collect(state, '', fields);
  return fields;
}

function collect(value: unknown, path: string, into: Map<string, string>): void {
  if (Array.isArray(value)) {
    if (value.every(isPlain)) into.set(path, textOfState(value));
    else for (const [index, item] of value.entries()) collect(item, `${path}[${index}]`, into);
  } else if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    if (entries.length === 0) into.set(path, 'none');
    for (const [name, item] of entries) collect(item, path === '' ? name : `${path}.${name}`, into);
  } else into.set(path, textOfState(value));
}

function isPlain(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

/** A value as people read it: plain ones as they are, lists of those with commas, the rest as JSON. */
export function textOfState(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  if (Array.isArray(value) && value.every(isPlain)) return value.length === 0 ? 'none' : value.map(textOfState).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
