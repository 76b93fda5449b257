import { KeyTrie } from './key-trie.ts';
import { BYTE, type Local, type Machine, type Move, type Shortest, widenGap } from './machine.ts';

export interface PropertyRules {
  readonly name: string;
  /** What `shortest` and `machines` know; null: the property must not be there. */
  readonly value: number | null;
  readonly isRequired: boolean;
}

/** Properties come in this order, then others. */
export interface ObjectRules {
  readonly properties: readonly PropertyRules[];
  /** Value of properties that are not named; null: there may be none. */
  readonly others: number | null;
  readonly min: number;
  /** Infinity for none. */
  readonly max: number;
}

/** Places: before {; after {; after a value; after a comma; within a key; after a key; after a colon; after }. */
const BEFORE = 0;
const OPENED = 1;
const AFTER = 2;
const COMMA = 3;
const KEY = 4;
const KEYED = 5;
const COLON = 6;
const CLOSED = 7;
const PHASES = 8;

interface Place {
  readonly phase: number;
  /** White space, or within a key the place in the trie. */
  readonly inner: number;
  /** The first property that may still come, as many as there are: only others. After a key: the property that it names. */
  readonly next: number;
  /** Properties so far, where they are counted. */
  readonly count: number;
}

interface Choice {
  /** -1: one that is not named. */
  readonly name: number;
  readonly value: number;
  readonly bytes: number;
}

export class ObjectMachine implements Machine {
  readonly start = BEFORE;
  readonly #rules: ObjectRules;
  readonly #keys: KeyTrie;
  readonly #shortest: (value: number) => Shortest;
  readonly #machines: (value: number) => readonly number[];
  readonly #isCounted: boolean;
  /** Shortest rest of the properties, by next property and count. */
  readonly #rests = new Map<number, number>();
  /** By property: the next one that is required, at or after it; Infinity: none. */
  readonly #nextRequired: readonly number[];
  readonly #innerSize: number;

  constructor(rules: ObjectRules, shortest: (value: number) => Shortest, machines: (value: number) => readonly number[]) {
    this.#rules = rules;
    this.#keys = new KeyTrie(rules.properties.map(({ name }) => name));
    this.#shortest = shortest;
    this.#machines = machines;
    this.#isCounted = rules.min > 0 || rules.max !== Infinity;
    const required: number[] = [];
    let next = Infinity;
    required[rules.properties.length] = Infinity;
    for (let at = rules.properties.length - 1; at >= 0; at--) {
      if (rules.properties[at]?.isRequired) next = at;
      required[at] = next;
    }
    this.#nextRequired = required;
    this.#innerSize = 1 << 20;
  }

  get depth(): number {
    // Of the shortest way, which #restFrom finds.
    let depth = 1;
    let place = { next: 0, count: 0 };
    for (;;) {
      const choice = this.#best(place.next, place.count);
      if (choice === null) return depth;
      depth = Math.max(depth, 1 + this.#shortest(choice.value).depth);
      place = { next: choice.name < 0 ? this.#rules.properties.length : choice.name + 1, count: this.#grow(place.count) };
    }
  }

  step(local: Local, byte: number, room: number): Move | null {
    const place = this.#unpack(local as number);
    const { phase, next, count } = place;
    if (phase === BEFORE) return byte === BYTE.openObject ? { local: this.#pack(OPENED, 0, 0, 0) } : null;
    if (phase === CLOSED) return null;
    if (phase === KEY) return this.#stepKey(place, byte, room);
    if (phase === KEYED) return byte === BYTE.colon ? { local: this.#pack(COLON, 0, next, count) } : null;
    const widened = widenGap(place.inner, byte);
    if (widened !== null) return { local: this.#pack(phase, widened, next, count) };
    if (phase === COLON) {
      const value = this.#valueOf(next);
      if (value === null) return null;
      const isOther = next >= this.#rules.properties.length;
      const after = isOther ? this.#rules.properties.length : next + 1;
      return { local: this.#pack(AFTER, 0, after, this.#grow(count)), push: this.#machines(value) };
    }
    if (byte === BYTE.closeObject) return phase !== COMMA && this.#mayClose(next, count) ? { local: this.#pack(CLOSED, 0, 0, 0) } : null;
    if (!this.#mayGoOn(next, count, room)) return null;
    if (phase === AFTER) return byte === BYTE.comma ? { local: this.#pack(COMMA, 0, next, count) } : null;
    return byte === BYTE.quote ? { local: this.#pack(KEY, this.#keys.start, next, count) } : null;
  }

  forget(): void {
    this.#rests.clear();
  }

  isDone(local: Local): boolean {
    return this.#unpack(local as number).phase === CLOSED;
  }

  rest(local: Local): number {
    const { phase, inner, next, count } = this.#unpack(local as number);
    if (phase === CLOSED) return 0;
    if (phase === BEFORE) return 1 + this.#restFrom(0, 0) - (this.#mayClose(0, 0) ? 0 : 1);
    if (phase === OPENED) return this.#restFrom(next, count) - (this.#mayClose(next, count) ? 0 : 1);
    if (phase === AFTER) return this.#restFrom(next, count);
    if (phase === COMMA) return this.#restAfterComma(next, count);
    if (phase === KEY) return this.#restInKey(inner, next, count);
    const isOther = next >= this.#rules.properties.length;
    const value = this.#valueOf(next);
    const bytes = value === null ? Infinity : this.#shortest(value).bytes;
    return (phase === KEYED ? 1 : 0) + bytes + this.#restFrom(isOther ? this.#rules.properties.length : next + 1, this.#grow(count));
  }

  #stepKey({ inner, next, count }: Place, byte: number, room: number): Move | null {
    const { properties } = this.#rules;
    if (byte === BYTE.quote) {
      const name = this.#keys.nameOf(inner);
      if (name !== null) {
        if (name >= 0) return this.#mayTake(name, next, count, room) ? { local: this.#pack(KEYED, 0, name, count) } : null;
        return this.#mayTakeOther(next, count, room) ? { local: this.#pack(KEYED, 0, properties.length, count) } : null;
      }
    }
    const to = this.#keys.step(inner, byte);
    if (to === null) return null;
    if (this.#mayTakeOther(next, count, room) || this.#keys.namesAt(to).some((name) => this.#mayTake(name, next, count, room))) return { local: this.#pack(KEY, to, next, count) };
    return null;
  }

  #valueOf(property: number): number | null {
    const { properties, others } = this.#rules;
    const rules = properties[property];
    return rules ? rules.value : others;
  }

  #grow(count: number): number {
    if (!this.#isCounted) return 0;
    const { min, max } = this.#rules;
    return Math.min(count + 1, max === Infinity ? min : max);
  }

  #mayClose(next: number, count: number): boolean {
    return this.#nextRequired[next] === Infinity && count >= this.#rules.min;
  }

  #mayTake(name: number, next: number, count: number, room: number): boolean {
    const { properties, max } = this.#rules;
    const value = properties[name]?.value ?? null;
    if (value === null || name < next || (this.#nextRequired[next] as number) < name || count >= max) return false;
    return this.#shortest(value).depth <= room && this.#restFrom(name + 1, this.#grow(count)) !== Infinity;
  }

  #mayTakeOther(next: number, count: number, room: number): boolean {
    const { others, max, properties } = this.#rules;
    if (others === null || this.#nextRequired[next] !== Infinity || count >= max) return false;
    return this.#shortest(others).depth <= room && this.#restFrom(properties.length, this.#grow(count)) !== Infinity;
  }

  #mayGoOn(next: number, count: number, room: number): boolean {
    if (this.#mayTakeOther(next, count, room)) return true;
    for (let name = next; name < this.#rules.properties.length; name++) if (this.#mayTake(name, next, count, room)) return true;
    return false;
  }

  /** From "after a value": a comma and the shortest properties still wanted, then }. */
  #restFrom(next: number, count: number): number {
    const key = next * 8192 + count;
    const present = this.#rests.get(key);
    if (present !== undefined) return present;
    const rest = this.#mayClose(next, count) ? 1 : 1 + this.#restAfterComma(next, count);
    // Before all shortest values are known a rest may be infinite for now.
    if (rest !== Infinity) this.#rests.set(key, rest);
    return rest;
  }

  #restAfterComma(next: number, count: number): number {
    return this.#bestOf(next, count)?.bytes ?? Infinity;
  }

  /** The property that the shortest way takes next; null where it closes. */
  #best(next: number, count: number): Choice | null {
    return this.#mayClose(next, count) ? null : this.#bestOf(next, count);
  }

  /** The property by which the way is shortest, one being wanted. */
  #bestOf(next: number, count: number): Choice | null {
    const { properties, others, max } = this.#rules;
    if (count >= max) return null;
    let best: Choice | null = null;
    const offer = (name: number, value: number | null, keyBytes: number) => {
      if (value === null) return;
      const after = name < 0 ? properties.length : name + 1;
      const bytes = keyBytes + 1 + this.#shortest(value).bytes + this.#restFrom(after, this.#grow(count));
      if (bytes !== Infinity && bytes < (best?.bytes ?? Infinity)) best = { name, value, bytes };
    };
    const last = Math.min(this.#nextRequired[next] as number, properties.length - 1);
    for (let name = next; name <= last; name++) offer(name, properties[name]?.value ?? null, this.#keys.nameBytes(name) + 2);
    if (this.#nextRequired[next] === Infinity && this.#growsByOther(next, count)) offer(-1, others, 1 + this.#keys.otherRest(this.#keys.start));
    return best;
  }

  /** Whether another unnamed property brings it closer to its end. */
  #growsByOther(next: number, count: number): boolean {
    return next < this.#rules.properties.length || this.#grow(count) > count || this.#mayClose(next, count);
  }

  #restInKey(place: number, next: number, count: number): number {
    const { properties, others, max } = this.#rules;
    if (count >= max) return Infinity;
    let best = Infinity;
    for (const name of this.#keys.namesAt(place)) {
      const value = properties[name]?.value ?? null;
      if (value === null || name < next || (this.#nextRequired[next] as number) < name) continue;
      best = Math.min(best, this.#keys.restOfName(place, name) + 2 + this.#shortest(value).bytes + this.#restFrom(name + 1, this.#grow(count)));
    }
    if (others !== null && this.#nextRequired[next] === Infinity) {
      best = Math.min(best, this.#keys.otherRest(place) + 1 + this.#shortest(others).bytes + this.#restFrom(properties.length, this.#grow(count)));
    }
    return best;
  }

  #pack(phase: number, inner: number, next: number, count: number): number {
    return phase + PHASES * (inner + this.#innerSize * (next + (this.#rules.properties.length + 1) * count));
  }

  #unpack(local: number): Place {
    const rest = Math.floor(local / PHASES);
    const upper = Math.floor(rest / this.#innerSize);
    const width = this.#rules.properties.length + 1;
    return { phase: local % PHASES, inner: rest % this.#innerSize, next: upper % width, count: Math.floor(upper / width) };
  }
}
