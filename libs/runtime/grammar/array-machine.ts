import { BYTE, GAPS, type Local, type Machine, type Move, type Shortest, widenGap } from './machine.ts';

/** Values at the first places, then values of `items`; null where there may be none. Numbers name what `shortest` and `machines` know. */
export interface ArrayRules {
  readonly prefix: readonly number[];
  readonly items: number | null;
  readonly min: number;
  /** Infinity for none. */
  readonly max: number;
}

/** Places of an array: before it, after [, after a value, after a comma, after ]. */
const BEFORE = 0;
const OPENED = 1;
const AFTER = 2;
const COMMA = 3;
const CLOSED = 4;
const PHASES = 5;

export class ArrayMachine implements Machine {
  readonly start = BEFORE;
  readonly #rules: ArrayRules;
  readonly #shortest: (value: number) => Shortest;
  readonly #machines: (value: number) => readonly number[];
  /** From this count on, places are alike. */
  readonly #ceiling: number;
  /** rest from "after a value" by count. */
  readonly #rests = new Map<number, number>();

  constructor(rules: ArrayRules, shortest: (value: number) => Shortest, machines: (value: number) => readonly number[]) {
    this.#rules = rules;
    this.#shortest = shortest;
    this.#machines = machines;
    this.#ceiling = rules.max === Infinity ? Math.max(rules.min, rules.prefix.length) : rules.max;
  }

  get depth(): number {
    let deepest = 0;
    for (let at = 0; at < this.#rules.min; at = at < this.#rules.prefix.length ? at + 1 : this.#rules.min) {
      const value = this.#valueAt(at);
      deepest = Math.max(deepest, value === null ? Infinity : this.#shortest(value).depth);
    }
    return 1 + deepest;
  }

  step(local: Local, byte: number, room: number): Move | null {
    const { phase, gap, count } = unpack(local as number);
    if (phase === BEFORE) return byte === BYTE.openArray ? { local: pack(OPENED, 0, 0) } : null;
    if (phase === CLOSED) return null;
    const widened = widenGap(gap, byte);
    if (widened !== null) return { local: pack(phase, widened, count) };
    if (byte === BYTE.closeArray) return phase !== COMMA && count >= this.#rules.min ? { local: pack(CLOSED, 0, 0) } : null;
    const value = this.#valueAt(count);
    if (value === null || this.#shortest(value).depth > room) return null;
    if (phase === AFTER) return byte === BYTE.comma ? { local: pack(COMMA, 0, count) } : null;
    return { local: pack(AFTER, 0, Math.min(count + 1, this.#ceiling)), push: this.#machines(value) };
  }

  forget(): void {
    this.#rests.clear();
  }

  isDone(local: Local): boolean {
    return unpack(local as number).phase === CLOSED;
  }

  rest(local: Local): number {
    const { phase, count } = unpack(local as number);
    if (phase === CLOSED) return 0;
    if (phase === BEFORE) return 2 + this.#itemsRest(0) - (this.#rules.min > 0 ? 1 : 0);
    if (phase === AFTER) return 1 + this.#itemsRest(count);
    if (phase === OPENED) return 1 + this.#itemsRest(0) - (this.#rules.min > 0 ? 1 : 0);
    const value = this.#valueAt(count);
    return (value === null ? Infinity : this.#shortest(value).bytes) + 1 + this.#itemsRest(count + 1);
  }

  /** Bytes of the values still wanted, a comma before each. */
  #itemsRest(count: number): number {
    const present = this.#rests.get(count);
    if (present !== undefined) return present;
    let bytes = 0;
    for (let at = count; at < this.#rules.min; at++) {
      const value = this.#valueAt(at);
      bytes += 1 + (value === null ? Infinity : this.#shortest(value).bytes);
    }
    if (Number.isFinite(bytes)) this.#rests.set(count, bytes);
    return bytes;
  }

  #valueAt(count: number): number | null {
    const { prefix, items, max } = this.#rules;
    if (count >= max) return null;
    return prefix[count] ?? items;
  }
}

function pack(phase: number, gap: number, count: number): number {
  return phase + PHASES * (gap + GAPS * count);
}

function unpack(local: number): { readonly phase: number; readonly gap: number; readonly count: number } {
  const upper = Math.floor(local / PHASES);
  return { phase: local % PHASES, gap: upper % GAPS, count: Math.floor(upper / GAPS) };
}
