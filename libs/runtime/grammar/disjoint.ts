import { canonicalJson, type Constraint, type JsonType, type JsonValue, type Ref } from './constraint.ts';
import { fits } from './fits.ts';
import { stringAutomaton } from './string-automaton.ts';

type Alternatives = (ref: NonNullable<Ref>) => readonly Constraint[];

/** Properties looked into, one below the other. */
const MAX_DEPTH = 4;

/** Whether it is certain that no value satisfies both. */
export function areDisjoint(a: Constraint, b: Constraint, alternatives: Alternatives, depth = 0): boolean {
  if (a.values && b.values) {
    const inB = new Set(b.values.filter((value) => fits(value, b, alternatives)).map(canonicalJson));
    return !a.values.some((value) => inB.has(canonicalJson(value)) && fits(value, a, alternatives));
  }
  if (a.values || b.values) {
    const [listed, other] = a.values ? [a, b] : [b, a];
    return !(listed.values as readonly JsonValue[]).some((value) => fits(value, listed, alternatives) && fits(value, other, alternatives));
  }
  for (const type of a.types) if (b.types.has(type) && !DISJOINT[type](a, b, alternatives, depth)) return false;
  return true;
}

const DISJOINT: Readonly<Record<JsonType, (a: Constraint, b: Constraint, alternatives: Alternatives, depth: number) => boolean>> = {
  null: () => false,
  boolean: () => false,
  number: ({ number: a }, { number: b }) => liesBelow(a, b) || liesBelow(b, a),
  string: ({ string: a }, { string: b }) => {
    if (a.max < b.min || b.max < a.min) return true;
    if (a.expressions.length === 0 || b.expressions.length === 0) return false;
    try {
      return stringAutomaton({ expressions: [...a.expressions, ...b.expressions], minLength: 0, maxLength: null }) === null;
    } catch {
      return false;
    }
  },
  array: ({ array: a }, { array: b }) => a.max < b.min || b.max < a.min,
  object: ({ object: a }, { object: b }, alternatives, depth) => {
    if (a.max < b.min || b.max < a.min) return true;
    if (depth >= MAX_DEPTH) return false;
    for (const name of new Set([...a.required, ...b.required])) {
      const [inA, inB] = [propertyOf(a, name), propertyOf(b, name)];
      if (a.required.has(name) && inB === null) return true;
      if (b.required.has(name) && inA === null) return true;
      if (!a.required.has(name) || !b.required.has(name) || inA === null || inB === null) continue;
      const others = alternatives(inB);
      if (alternatives(inA).every((one) => others.every((other) => areDisjoint(one, other, alternatives, depth + 1)))) return true;
    }
    return false;
  },
};

function liesBelow(a: Constraint['number'], b: Constraint['number']): boolean {
  if (a.maximum === null || b.minimum === null) return false;
  return a.maximum < b.minimum || (a.maximum === b.minimum && (a.isMaximumOpen || b.isMinimumOpen));
}

function propertyOf(object: Constraint['object'], name: string): Ref {
  return object.properties.has(name) ? (object.properties.get(name) as Ref) : object.others;
}

