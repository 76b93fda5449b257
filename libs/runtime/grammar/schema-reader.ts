import { ANYTHING, type Constraint, type JsonType, type JsonValue, type Located, meet, type NumberBounds, type Ref, TYPES } from './constraint.ts';
import { areDisjoint } from './disjoint.ts';
import { SchemaError } from './errors.ts';
import { FORMAT_NAMES, formatExpression } from './formats.ts';
import { GRAMMAR_LIMITS } from './limits.ts';
import { decimalsOf, EXACT_DIGITS } from './number-machine.ts';
import { parsePattern, PatternError } from './pattern-syntax.ts';

type Keywords = Readonly<Record<string, JsonValue>>;

/** Keywords without effect on which values are valid. */
const ANNOTATIONS = new Set([
  'title', 'description', 'default', 'examples', 'example', 'deprecated', 'readOnly', 'writeOnly', '$comment', '$schema', '$id', 'id', '$defs', 'definitions',
  'contentEncoding', 'contentMediaType', 'contentSchema', 'discriminator', 'externalDocs', 'xml',
]);
const READ = new Set([
  'type', 'enum', 'const', 'nullable', '$ref', 'allOf', 'anyOf', 'oneOf',
  'properties', 'required', 'additionalProperties', 'minProperties', 'maxProperties',
  'items', 'prefixItems', 'minItems', 'maxItems',
  'minLength', 'maxLength', 'pattern', 'format',
  'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf',
]);
const MAX_DECIMALS = 9;

/** Reads schemas of one document into alternatives of constraints, each place once. */
export class SchemaReader {
  readonly #root: JsonValue;
  readonly #isStrict: boolean;
  readonly #known = new Map<string, readonly Constraint[]>();
  readonly #open = new Set<string>();

  /** @param isStrict whether a keyword that cannot be enforced is refused, or left to validation */
  constructor(root: JsonValue, isStrict: boolean) {
    this.#root = root;
    this.#isStrict = isStrict;
  }

  /** The alternatives that satisfy all of these schemas. @throws SchemaError */
  alternatives(ref: readonly Located[]): readonly Constraint[] {
    let all: readonly Constraint[] = [ANYTHING];
    for (const located of ref) all = cross(all, this.#read(located), located.path);
    return all;
  }

  #read(located: Located): readonly Constraint[] {
    const { path } = located;
    const present = this.#known.get(path);
    if (present) return present;
    if (this.#open.has(path)) throw new SchemaError('unsatisfiable', path, 'it refers to itself, with no value in between');
    if (this.#known.size >= GRAMMAR_LIMITS.subschemas) throw new SchemaError('too-large', path, `the schema holds more than ${GRAMMAR_LIMITS.subschemas} schemas; split it`);
    this.#open.add(path);
    const read = this.#readFresh(located);
    this.#open.delete(path);
    this.#known.set(path, read);
    return read;
  }

  #readFresh({ schema, path }: Located): readonly Constraint[] {
    if (schema === true) return [ANYTHING];
    if (schema === false) return [];
    if (schema === null || typeof schema !== 'object' || Array.isArray(schema)) throw new SchemaError('malformed', path, 'a schema is an object, true or false');
    const keywords = schema as Keywords;
    this.#refuseUnknown(keywords, path);
    let all: readonly Constraint[] = cross([ANYTHING], this.#own(keywords, path), path);
    if (has(keywords, '$ref')) all = cross(all, this.#read(this.#resolve(keywords['$ref'] as JsonValue, path)), path);
    for (const [at, part] of list(keywords, 'allOf', path).entries()) all = cross(all, this.#read(partAt(part, path, 'allOf', at)), path);
    if (has(keywords, 'anyOf')) {
      const options = list(keywords, 'anyOf', path).flatMap((part, at) => this.#read(partAt(part, path, 'anyOf', at)));
      all = cross(all, options, path);
    }
    if (has(keywords, 'oneOf')) {
      const branches = list(keywords, 'oneOf', path).map((part, at) => cross(all, this.#read(partAt(part, path, 'oneOf', at)), path));
      this.#checkOneOf(branches, path);
      all = branches.flat();
      if (all.length > GRAMMAR_LIMITS.alternatives) throw tooMany(path);
    }
    return all;
  }

  #checkOneOf(branches: readonly (readonly Constraint[])[], path: string): void {
    if (!this.#isStrict) return;
    for (const [at, branch] of branches.entries()) {
      for (const other of branches.slice(at + 1)) {
        const isDisjoint = branch.every((a) => other.every((b) => areDisjoint(a, b, (ref) => this.alternatives(ref))));
        if (!isDisjoint) throw unsupported(`${path}/oneOf`, 'oneOf', 'its branches can hold for the same value; tell them apart by type or by a required property with const, or use anyOf');
      }
    }
  }

  #refuseUnknown(keywords: Keywords, path: string): void {
    for (const keyword of Object.keys(keywords)) {
      if (READ.has(keyword) || (ANNOTATIONS.has(keyword) && !(keyword === '$id' && path !== '')) || keyword.startsWith('x-')) continue;
      if (keyword === 'uniqueItems' && keywords[keyword] === false) continue;
      if (this.#isStrict || keyword.startsWith('$')) throw unsupported(`${path}/${escapePointer(keyword)}`, keyword);
    }
  }

  #resolve(reference: JsonValue, path: string): Located {
    if (typeof reference !== 'string' || !(reference === '#' || reference.startsWith('#/'))) {
      throw unsupported(`${path}/$ref`, '$ref', 'only references within the schema, as in "#/$defs/name", are supported');
    }
    let schema: JsonValue | undefined = this.#root;
    for (const part of reference.split('/').slice(1)) {
      const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
      schema = schema !== null && typeof schema === 'object' && Object.hasOwn(schema, name) ? (schema as Keywords)[name] : undefined;
      if (schema === undefined) throw new SchemaError('malformed', `${path}/$ref`, `${JSON.stringify(reference.slice(0, 100))} leads nowhere`);
    }
    return { schema, path: reference.slice(1) };
  }

  #own(keywords: Keywords, path: string): readonly Constraint[] {
    const types = readTypes(keywords, path);
    const own: Constraint = {
      types: types.types,
      values: readValues(keywords, path),
      number: this.#numbers(keywords, path, types.isInteger),
      string: this.#strings(keywords, path),
      array: readArrays(keywords, path),
      object: this.#objects(keywords, path),
    };
    return [own];
  }

  #numbers(keywords: Keywords, path: string, isInteger: boolean): NumberBounds {
    const bound = (name: string): number | null => {
      const value = keywords[name];
      if (value === undefined) return null;
      if (typeof value !== 'number') throw new SchemaError('malformed', `${path}/${name}`, 'it must be a number');
      const isFine = Number.isInteger(value) || (decimalsOf(value) <= MAX_DECIMALS && String(value).replace(/\D/g, '').length <= EXACT_DIGITS);
      if (!isFine) throw unsupported(`${path}/${name}`, name, `give at most ${MAX_DECIMALS} decimals and ${EXACT_DIGITS} digits`);
      return value;
    };
    const [minimum, maximum, above, below] = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'].map(bound) as [number | null, number | null, number | null, number | null];
    const multipleOf = bound('multipleOf');
    if (multipleOf !== null && multipleOf <= 0) throw new SchemaError('malformed', `${path}/multipleOf`, 'it must be above 0');
    const isWhole = multipleOf === null || (Number.isInteger(multipleOf) && multipleOf <= 1e12);
    if (!isWhole && this.#isStrict) throw unsupported(`${path}/multipleOf`, 'multipleOf', 'only whole numbers up to 1e12 are supported');
    const isMinimumOpen = above !== null && (minimum === null || above >= minimum);
    const isMaximumOpen = below !== null && (maximum === null || below <= maximum);
    return { isInteger, minimum: isMinimumOpen ? above : minimum, maximum: isMaximumOpen ? below : maximum, isMinimumOpen, isMaximumOpen, multipleOf: isWhole ? multipleOf : null };
  }

  #strings(keywords: Keywords, path: string): Constraint['string'] {
    const expressions = [];
    const { pattern, format } = keywords;
    if (pattern !== undefined) {
      if (typeof pattern !== 'string') throw new SchemaError('malformed', `${path}/pattern`, 'it must be a text');
      if (pattern.length > GRAMMAR_LIMITS.patternCharacters) throw new SchemaError('too-large', `${path}/pattern`, `give at most ${GRAMMAR_LIMITS.patternCharacters} characters`);
      try {
        expressions.push(parsePattern(pattern));
      } catch (error) {
        if (!(error instanceof PatternError)) throw error;
        // Never left to a matcher that backtracks: it could take for ever.
        throw unsupported(`${path}/pattern`, 'pattern', error.message);
      }
    }
    if (format !== undefined) {
      const expression = typeof format === 'string' ? formatExpression(format) : null;
      if (expression) expressions.push(expression);
      else if (this.#isStrict) throw unsupported(`${path}/format`, 'format', `known are ${FORMAT_NAMES.join(', ')}`);
    }
    return { ...readRange(keywords, 'minLength', 'maxLength', path), expressions };
  }

  #objects(keywords: Keywords, path: string): Constraint['object'] {
    const properties = new Map<string, Ref>();
    const named = keywords['properties'] ?? {};
    if (named === null || typeof named !== 'object' || Array.isArray(named)) throw new SchemaError('malformed', `${path}/properties`, 'it must be an object');
    for (const [name, schema] of Object.entries(named as Keywords)) {
      checkName(name, `${path}/properties`);
      properties.set(name, schema === false ? null : [{ schema, path: `${path}/properties/${escapePointer(name)}` }]);
    }
    const required = keywords['required'] ?? [];
    if (!Array.isArray(required) || !required.every((name) => typeof name === 'string')) throw new SchemaError('malformed', `${path}/required`, 'it must be a list of names');
    for (const name of required) checkName(name, `${path}/required`);
    const others = keywords['additionalProperties'];
    return {
      properties,
      others: others === undefined || others === true ? [] : others === false ? null : [{ schema: others, path: `${path}/additionalProperties` }],
      required: new Set(required),
      ...readRange(keywords, 'minProperties', 'maxProperties', path),
    };
  }
}

function cross(a: readonly Constraint[], b: readonly Constraint[], path: string): readonly Constraint[] {
  if (a.length * b.length > GRAMMAR_LIMITS.alternatives) throw tooMany(path);
  return a.flatMap((one) => b.flatMap((other) => meet(one, other) ?? []));
}

function tooMany(path: string): SchemaError {
  return new SchemaError('too-large', path, `its combinations give more than ${GRAMMAR_LIMITS.alternatives} alternatives; simplify anyOf, oneOf or allOf`);
}

function unsupported(path: string, keyword: string, remedy?: string): SchemaError {
  return new SchemaError('unsupported', path, `'${keyword.slice(0, 64)}' cannot be enforced while decoding${remedy === undefined ? '' : `: ${remedy}`}`);
}

function has(keywords: Keywords, name: string): boolean {
  return Object.hasOwn(keywords, name);
}

function list(keywords: Keywords, name: string, path: string): readonly JsonValue[] {
  const value = has(keywords, name) ? keywords[name] : [];
  if (!Array.isArray(value) || (has(keywords, name) && value.length === 0)) throw new SchemaError('malformed', `${path}/${name}`, 'it must be a list of at least one schema');
  return value as readonly JsonValue[];
}

function partAt(schema: JsonValue, path: string, keyword: string, at: number): Located {
  return { schema, path: `${path}/${keyword}/${at}` };
}

function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** Names that cannot be written without \u escapes, and the one that is no plain property in JavaScript. */
function checkName(name: string, path: string): void {
  if (name === '__proto__') throw new SchemaError('unsupported', path, 'a property cannot be called __proto__');
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0007\u000b\u000e-\u001f]/.test(name) || !name.isWellFormed()) throw new SchemaError('unsupported', path, 'a name holds control characters or half a character');
}

function readTypes(keywords: Keywords, path: string): { readonly types: ReadonlySet<JsonType>; readonly isInteger: boolean } {
  const { type } = keywords;
  if (type === undefined) return { types: new Set(TYPES), isInteger: false };
  const named: readonly unknown[] = Array.isArray(type) ? type : [type];
  const types = new Set<JsonType>();
  for (const name of named) {
    if (name === 'integer') types.add('number');
    else if ((TYPES as readonly unknown[]).includes(name)) types.add(name as JsonType);
    else throw new SchemaError('malformed', `${path}/type`, 'give null, boolean, integer, number, string, array or object, or a list of them');
  }
  if (types.size === 0) throw new SchemaError('malformed', `${path}/type`, 'it must name a type');
  // OpenAPI 3.0's way to allow null.
  if (keywords['nullable'] === true) types.add('null');
  return { types, isInteger: named.includes('integer') && !named.includes('number') };
}

function readValues(keywords: Keywords, path: string): readonly JsonValue[] | null {
  const { enum: values } = keywords;
  if (values !== undefined && (!Array.isArray(values) || values.length === 0)) throw new SchemaError('malformed', `${path}/enum`, 'it must be a list of at least one value');
  if (Array.isArray(values) && values.length > GRAMMAR_LIMITS.enumValues) throw new SchemaError('too-large', `${path}/enum`, `give at most ${GRAMMAR_LIMITS.enumValues} values`);
  const constant = has(keywords, 'const') ? [keywords['const'] as JsonValue] : null;
  const listed = (values as readonly JsonValue[] | undefined) ?? null;
  if (constant === null || listed === null) return constant ?? listed;
  return meet({ ...ANYTHING, values: constant }, { ...ANYTHING, values: listed })?.values ?? [];
}

function readRange(keywords: Keywords, least: string, most: string, path: string): { readonly min: number; readonly max: number } {
  const read = (name: string, otherwise: number): number => {
    const value = keywords[name];
    if (value === undefined) return otherwise;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) throw new SchemaError('malformed', `${path}/${name}`, 'it must be a whole number of 0 or more');
    if (value > GRAMMAR_LIMITS.largestCount) throw new SchemaError('too-large', `${path}/${name}`, `give at most ${GRAMMAR_LIMITS.largestCount}`);
    return value;
  };
  return { min: read(least, 0), max: read(most, Infinity) };
}

function readArrays(keywords: Keywords, path: string): Constraint['array'] {
  const { items } = keywords;
  if (Array.isArray(items)) throw new SchemaError('unsupported', `${path}/items`, "'items' as a list is of older drafts; use prefixItems");
  const prefix = list(keywords, 'prefixItems', path);
  const refOf = (schema: JsonValue, at: string): Ref => (schema === false ? null : schema === true ? [] : [{ schema, path: at }]);
  return {
    prefix: prefix.map((schema, at) => refOf(schema, `${path}/prefixItems/${at}`)),
    items: items === undefined ? [] : refOf(items, `${path}/items`),
    ...readRange(keywords, 'minItems', 'maxItems', path),
  };
}

