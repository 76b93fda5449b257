import { acceptsBytes } from './byte-automaton.ts';
import { type Constraint, type JsonValue, type Ref, typeOf } from './constraint.ts';
import { stringAutomaton } from './string-automaton.ts';

type Alternatives = (ref: NonNullable<Ref>) => readonly Constraint[];

/** Whether a listed value satisfies the rest of its constraint. */
export function fits(value: JsonValue, constraint: Constraint, alternatives: Alternatives): boolean {
  const type = typeOf(value);
  if (!constraint.types.has(type)) return false;
  if (typeof value === 'number') return fitsNumber(value, constraint);
  if (typeof value === 'string') return fitsString(value, constraint);
  const fitsRef = (inner: JsonValue, ref: Ref) => ref !== null && (ref.length === 0 || alternatives(ref).some((one) => fitsWhole(inner, one, alternatives)));
  if (Array.isArray(value)) {
    const { prefix, items, min, max } = constraint.array;
    return value.length >= min && value.length <= max && value.every((item: JsonValue, at) => fitsRef(item, at < prefix.length ? (prefix[at] as Ref) : items));
  }
  if (type === 'object') {
    const { properties, others, required, min, max } = constraint.object;
    const entries = Object.entries(value as Record<string, JsonValue>);
    const names = new Set(entries.map(([name]) => name));
    if (entries.length < min || entries.length > max || [...required].some((name) => !names.has(name))) return false;
    return entries.every(([name, inner]) => fitsRef(inner, properties.has(name) ? (properties.get(name) as Ref) : others));
  }
  return true;
}

function fitsWhole(value: JsonValue, constraint: Constraint, alternatives: Alternatives): boolean {
  if (constraint.values && !constraint.values.some((one) => JSON.stringify(one) === JSON.stringify(value))) return false;
  return fits(value, constraint, alternatives);
}

function fitsNumber(value: number, { number }: Constraint): boolean {
  if (number.isInteger && !Number.isInteger(value)) return false;
  if (number.minimum !== null && (number.isMinimumOpen ? value <= number.minimum : value < number.minimum)) return false;
  if (number.maximum !== null && (number.isMaximumOpen ? value >= number.maximum : value > number.maximum)) return false;
  return number.multipleOf === null || Number.isInteger(value / number.multipleOf);
}

function fitsString(value: string, { string }: Constraint): boolean {
  const length = Array.from(value).length;
  if (length < string.min || length > string.max) return false;
  if (string.expressions.length === 0) return true;
  const automaton = stringAutomaton({ expressions: string.expressions, minLength: 0, maxLength: null });
  return automaton !== null && acceptsBytes(automaton, new TextEncoder().encode(JSON.stringify(value)));
}
