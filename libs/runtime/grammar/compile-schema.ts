import { ArrayMachine } from './array-machine.ts';
import { AutomatonMachine } from './automaton-machine.ts';
import { literalAutomaton, TooManyStatesError } from './byte-automaton.ts';
import { type Constraint, type JsonType, type JsonValue, type Ref } from './constraint.ts';
import { SchemaError } from './errors.ts';
import { fits } from './fits.ts';
import { GRAMMAR_LIMITS } from './limits.ts';
import { type Machine, type Shortest } from './machine.ts';
import { NumberMachine } from './number-machine.ts';
import { ObjectMachine } from './object-machine.ts';
import { SchemaReader } from './schema-reader.ts';
import { stringAutomaton } from './string-automaton.ts';
import { TextMachine } from './text-machine.ts';

/** The machines of a schema; `start` begin the whole value, one for each alternative. */
export interface Grammar {
  readonly machines: readonly Machine[];
  readonly start: readonly number[];
  /** Bytes of the shortest answer. */
  readonly shortestBytes: number;
}

const NEVER: Shortest = { bytes: Infinity, depth: Infinity };

/**
 * Compiles a JSON Schema (2020-12, the subset of docs/structured-output.md) to machines over bytes.
 * @param isStrict whether a keyword that cannot be enforced is refused, or left to validation
 * @throws SchemaError
 */
export function compileSchema(schema: JsonValue, isStrict: boolean): Grammar {
  checkDepth(schema, '', 0);
  return new SchemaCompiler(schema, isStrict).compile();
}

class SchemaCompiler {
  readonly #reader: SchemaReader;
  readonly #root: JsonValue;
  readonly #machines: Machine[] = [];
  /** Machines that begin each value, and its path for messages. */
  readonly #values: { readonly machines: number[]; readonly path: string; readonly ref: NonNullable<Ref> }[] = [];
  readonly #valueByKey = new Map<string, number>();
  #shortest: Shortest[] = [];

  constructor(root: JsonValue, isStrict: boolean) {
    this.#root = root;
    this.#reader = new SchemaReader(root, isStrict);
  }

  compile(): Grammar {
    const root = this.#valueOf([{ schema: this.#root, path: '' }]);
    // Building a value asks for those within it, which come behind it in the list.
    for (let at = 0; at < this.#values.length; at++) this.#build(at);
    this.#findShortest();
    const { bytes, depth } = this.#shortest[root] ?? NEVER;
    if (bytes === Infinity) throw new SchemaError('unsatisfiable', this.#culprit(root), 'no value can satisfy it');
    if (depth > GRAMMAR_LIMITS.answerDepth) throw new SchemaError('too-large', '', `every answer nests deeper than ${GRAMMAR_LIMITS.answerDepth} levels`);
    if (bytes > GRAMMAR_LIMITS.shortestBytes) throw new SchemaError('too-large', '', `the shortest answer takes ${bytes} bytes; at most ${GRAMMAR_LIMITS.shortestBytes} are supported`);
    return { machines: this.#machines, start: this.#values[root]?.machines ?? [], shortestBytes: bytes };
  }

  #valueOf(ref: NonNullable<Ref>): number {
    const key = ref.map(({ path }) => path).toSorted().join('\n') || (ref.length === 0 ? 'any' : '');
    const present = this.#valueByKey.get(key);
    if (present !== undefined) return present;
    if (this.#values.length >= GRAMMAR_LIMITS.subschemas) throw new SchemaError('too-large', ref[0]?.path ?? '', `the schema holds more than ${GRAMMAR_LIMITS.subschemas} schemas; split it`);
    const at = this.#values.push({ machines: [], path: ref[0]?.path ?? '', ref }) - 1;
    this.#valueByKey.set(key, at);
    return at;
  }

  #optional(ref: Ref): number | null {
    return ref === null ? null : this.#valueOf(ref);
  }

  #build(at: number): void {
    const value = this.#values[at];
    if (!value) return;
    const { path, machines, ref } = value;
    try {
      for (const constraint of this.#reader.alternatives(ref)) {
        const made = constraint.values ? [this.#listed(constraint, constraint.values)] : [...constraint.types].map((type) => this.#machineOf(type, constraint, path));
        for (const machine of made) if (machine) machines.push(this.#machines.push(machine) - 1);
      }
    } catch (error) {
      if (error instanceof TooManyStatesError) throw new SchemaError('too-large', path, `its pattern, format or length limits are too complex: ${error.message}`);
      throw error;
    }
  }

  #listed(constraint: Constraint, values: readonly JsonValue[]): Machine | null {
    const kept = values.filter((value) => fits(value, constraint, (ref) => this.#reader.alternatives(ref)));
    const encoder = new TextEncoder();
    const automaton = kept.length === 0 ? null : literalAutomaton(kept.map((value) => encoder.encode(JSON.stringify(value))));
    return automaton && new AutomatonMachine(automaton);
  }

  #machineOf(type: JsonType, constraint: Constraint, path: string): Machine | null {
    if (type === 'null') return literal('null');
    if (type === 'boolean') return literal('true', 'false');
    if (type === 'number') {
      const machine = new NumberMachine(constraint.number);
      return machine.isEmpty ? null : machine;
    }
    if (type === 'string') return textMachine(constraint.string);
    const shortest = (value: number): Shortest => this.#shortest[value] ?? NEVER;
    const machines = (value: number): readonly number[] => this.#values[value]?.machines ?? [];
    if (type === 'array') {
      const { prefix, items, min, max } = constraint.array;
      if (min > max) return null;
      // Places after one that nothing fits cannot be reached.
      const end = prefix.indexOf(null);
      const rules = { prefix: (end < 0 ? prefix : prefix.slice(0, end)).map((ref) => this.#valueOf(ref as NonNullable<Ref>)), items: end < 0 ? this.#optional(items) : null, min, max };
      return new ArrayMachine(rules, shortest, machines);
    }
    return this.#object(constraint.object, path, shortest, machines);
  }

  #object(object: Constraint['object'], path: string, shortest: (value: number) => Shortest, machines: (value: number) => readonly number[]): Machine | null {
    const { required, max } = object;
    const names = [...object.properties.keys(), ...[...required].filter((name) => !object.properties.has(name))];
    const others = this.#optional(object.others);
    const properties = names.map((name) => ({
      name,
      value: object.properties.has(name) ? this.#optional(object.properties.get(name) as Ref) : others,
      isRequired: required.has(name),
    }));
    const min = object.min <= required.size ? 0 : object.min;
    if (min > max || required.size > max) return null;
    // Unnamed properties may repeat a name, so a number of them promises nothing.
    if (min > 1 && others !== null) throw new SchemaError('unsupported', `${path}/minProperties`, "'minProperties' above 1 cannot be enforced while decoding where other properties are allowed: set additionalProperties to false, or require properties by name");
    return new ObjectMachine({ properties, others, min, max }, shortest, machines);
  }

  /** Least fixed point: values within values, which may recur, until nothing gets shorter. */
  #findShortest(): void {
    this.#shortest = this.#values.map(() => NEVER);
    for (let changed = true; changed; ) {
      changed = false;
      for (const machine of this.#machines) machine.forget?.();
      for (const [at, { machines }] of this.#values.entries()) {
        let best = NEVER;
        for (const index of machines) {
          const machine = this.#machines[index] as Machine;
          const bytes = machine.rest(machine.start);
          if (bytes < best.bytes) best = { bytes, depth: machine.depth };
        }
        const before = this.#shortest[at] ?? NEVER;
        if (best.bytes === before.bytes && best.depth === before.depth) continue;
        this.#shortest[at] = best;
        changed = true;
      }
    }
    for (const machine of this.#machines) machine.forget?.();
    // An alternative that nothing satisfies must not be begun.
    for (const { machines } of this.#values) {
      const alive = machines.filter((index) => (this.#machines[index] as Machine).rest((this.#machines[index] as Machine).start) !== Infinity);
      machines.splice(0, machines.length, ...alive);
    }
  }

  /** A deepest place that nothing satisfies. */
  #culprit(root: number): string {
    const empty = this.#values.findIndex(({ machines }) => machines.length === 0);
    return this.#values[empty < 0 ? root : empty]?.path ?? '';
  }
}

function literal(...texts: readonly string[]): Machine {
  const encoder = new TextEncoder();
  const automaton = literalAutomaton(texts.map((text) => encoder.encode(text)));
  if (!automaton) throw new Error('a literal cannot be empty');
  return new AutomatonMachine(automaton);
}

function textMachine({ min, max, expressions }: Constraint['string']): Machine | null {
  if (min > max) return null;
  if (expressions.length === 0) return new TextMachine(min, max === Infinity ? null : max);
  const automaton = stringAutomaton({ expressions, minLength: min, maxLength: max === Infinity ? null : max });
  return automaton && new AutomatonMachine(automaton);
}

function checkDepth(value: JsonValue, path: string, depth: number): void {
  if (depth > GRAMMAR_LIMITS.schemaDepth * 2) throw new SchemaError('too-large', path, `the schema nests deeper than ${GRAMMAR_LIMITS.schemaDepth} schemas`);
  if (value !== null && typeof value === 'object') for (const inner of Object.values(value)) checkDepth(inner, path, depth + 1);
}
