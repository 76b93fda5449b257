import { type Local, type Machine, type Move } from './machine.ts';

/** Which numbers are meant. Bounds are decimal texts, as exact as they were written. */
export interface NumberRules {
  readonly isInteger: boolean;
  readonly minimum: number | null;
  readonly maximum: number | null;
  readonly isMinimumOpen: boolean;
  readonly isMaximumOpen: boolean;
  /** A whole number above 0. */
  readonly multipleOf: number | null;
}

/** Digits of a whole number: all such numbers are exact in a double. */
const WHOLE_DIGITS = 15;
const FRACTION_DIGITS = 6;
/** More digits than these a double cannot tell apart. */
export const EXACT_DIGITS = 15;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

/**
 * A number without exponent, of at most 15 digits before the point and few after it. Its place is
 * its text so far: a byte is taken where some number within the bounds begins so.
 */
export class NumberMachine implements Machine {
  readonly depth = 0;
  readonly start = '';
  readonly #fraction: number;
  /** Bounds and step in units of 10^-fraction. */
  readonly #low: bigint;
  readonly #high: bigint;
  readonly #step: bigint;
  readonly #rests = new Map<string, number>();

  constructor(rules: NumberRules) {
    const { minimum, maximum, multipleOf } = rules;
    this.#fraction = rules.isInteger || multipleOf !== null ? 0 : Math.max(FRACTION_DIGITS, decimalsOf(minimum), decimalsOf(maximum));
    const limit = 10n ** BigInt(WHOLE_DIGITS + this.#fraction) - 1n;
    const low = minimum === null ? -limit : scaled(minimum, this.#fraction, 'up') + (rules.isMinimumOpen && isExact(minimum, this.#fraction) ? 1n : 0n);
    const high = maximum === null ? limit : scaled(maximum, this.#fraction, 'down') - (rules.isMaximumOpen && isExact(maximum, this.#fraction) ? 1n : 0n);
    this.#low = low < -limit ? -limit : low;
    this.#high = high > limit ? limit : high;
    this.#step = BigInt(multipleOf ?? 1);
  }

  /** Whether no number fits. */
  get isEmpty(): boolean {
    return this.rest('') === Infinity;
  }

  step(local: Local, byte: number): Move | null {
    if (!((byte >= ZERO && byte <= NINE) || byte === MINUS || byte === POINT)) return null;
    const text = `${local}${String.fromCharCode(byte)}`;
    return this.rest(text) === Infinity ? null : { local: text };
  }

  isDone(local: Local): boolean {
    return this.rest(local) === 0;
  }

  rest(local: Local): number {
    const text = local as string;
    let rest = this.#rests.get(text);
    if (rest === undefined) {
      // Places come by the million where a model writes numbers; they are cheap to find again.
      if (this.#rests.size > 4096) this.#rests.clear();
      this.#rests.set(text, (rest = this.#shortestRest(text)));
    }
    return rest;
  }

  #shortestRest(text: string): number {
    if (text === '') {
      const above = this.#high >= 0n ? this.#wholeRest('', false) : Infinity;
      const below = this.#low < 0n ? 1 + this.#wholeRest('', true) : Infinity;
      return Math.min(above, below);
    }
    const isNegative = text.startsWith('-');
    const digits = isNegative ? text.slice(1) : text;
    const match = /^(0|[1-9]\d*)?(?:(\.)(\d*))?$/.exec(digits);
    if (!match) return Infinity;
    const [, whole = '', point, fraction = ''] = match;
    if (whole.length > WHOLE_DIGITS || fraction.length > this.#decimalsAfter(whole.length) || (point !== undefined && (whole === '' || this.#fraction === 0))) return Infinity;
    return point === undefined ? this.#wholeRest(whole, isNegative) : this.#fractionRest(whole, fraction, isNegative);
  }

  /** Bytes from a whole part so far to the nearest number in bounds. */
  #wholeRest(whole: string, isNegative: boolean): number {
    if (whole !== '' && this.#has(BigInt(whole) * this.#unit(0), 1n, isNegative)) return 0;
    let best = Infinity;
    // A number does not begin with more digits after a 0.
    const most = whole === '0' ? 0 : WHOLE_DIGITS - whole.length;
    for (let more = 1; more <= most && best === Infinity; more++) {
      const first = whole === '' && more > 1 ? 10n ** BigInt(more - 1) : BigInt(whole === '' ? 0 : whole) * 10n ** BigInt(more);
      const last = BigInt(whole === '' ? 0 : whole) * 10n ** BigInt(more) + 10n ** BigInt(more) - 1n;
      if (this.#anyWhole(first, last, isNegative)) best = more;
    }
    if (this.#fraction === 0) return best;
    for (let more = whole === '' ? 1 : 0; more <= most && more + 2 < best; more++) {
      const first = whole === '' && more > 1 ? 10n ** BigInt(more - 1) : BigInt(whole === '' ? 0 : whole) * 10n ** BigInt(more);
      const last = BigInt(whole === '' ? 0 : whole) * 10n ** BigInt(more) + 10n ** BigInt(more) - 1n;
      for (let decimals = 1; decimals <= this.#decimalsAfter(whole.length + more) && more + 1 + decimals < best; decimals++) {
        if (this.#anyIn(first * this.#unit(0), (last + 1n) * this.#unit(0) - 1n, this.#unit(decimals), isNegative)) best = more + 1 + decimals;
      }
    }
    return best;
  }

  #fractionRest(whole: string, fraction: string, isNegative: boolean): number {
    const base = BigInt(whole) * this.#unit(0) + BigInt(fraction === '' ? 0 : fraction) * this.#unit(fraction.length);
    for (let more = fraction === '' ? 1 : 0; fraction.length + more <= this.#decimalsAfter(whole.length); more++) {
      const width = this.#unit(fraction.length);
      if (this.#anyIn(base, base + (more === 0 ? 0n : width - 1n), this.#unit(fraction.length + more), isNegative)) return more;
    }
    return Infinity;
  }

  /** Decimals that a number with so many digits before the point may have, so that a double tells it from its neighbours. */
  #decimalsAfter(wholeDigits: number): number {
    return Math.max(0, Math.min(this.#fraction, EXACT_DIGITS - wholeDigits));
  }

  /** Units of 10^-fraction in the last of so many decimals. */
  #unit(decimals: number): bigint {
    return 10n ** BigInt(this.#fraction - decimals);
  }

  #anyWhole(first: bigint, last: bigint, isNegative: boolean): boolean {
    return this.#anyIn(first * this.#unit(0), last * this.#unit(0), this.#unit(0), isNegative);
  }

  #has(value: bigint, width: bigint, isNegative: boolean): boolean {
    return this.#anyIn(value, value + width - 1n, 1n, isNegative);
  }

  /** Whether a multiple of `unit` (and of the step) with a size in [from, to] lies in the bounds. "-0" is none. */
  #anyIn(from: bigint, to: bigint, unit: bigint, isNegative: boolean): boolean {
    const step = this.#step > 1n ? this.#step : unit;
    const floor = isNegative ? max(from, 1n) : from;
    const low = isNegative ? max(floor, -this.#high) : max(floor, this.#low);
    const high = isNegative ? min(to, -this.#low) : min(to, this.#high);
    return low <= high && ((low + step - 1n) / step) * step <= high;
  }
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

interface Decimal {
  readonly isNegative: boolean;
  readonly digits: string;
  /** Decimals after the point. */
  readonly scale: number;
}

function decimalOf(value: number): Decimal {
  const [mantissa = '', exponent = '0'] = Math.abs(value).toString().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const scale = fraction.length - Number(exponent);
  const digits = whole + fraction;
  return scale >= 0 ? { isNegative: value < 0, digits, scale } : { isNegative: value < 0, digits: digits + '0'.repeat(-scale), scale: 0 };
}

/** Decimals after the point of a number as it is written. */
export function decimalsOf(value: number | null): number {
  return value === null ? 0 : decimalOf(value).scale;
}

function scaled(value: number, fraction: number, round: 'up' | 'down'): bigint {
  const { isNegative, digits, scale } = decimalOf(value);
  const magnitude = BigInt(digits) * 10n ** BigInt(fraction);
  const divisor = 10n ** BigInt(scale);
  const signed = isNegative ? -magnitude : magnitude;
  const quotient = signed / divisor;
  if (quotient * divisor === signed) return quotient;
  if (round === 'up') return signed > 0n ? quotient + 1n : quotient;
  return signed < 0n ? quotient - 1n : quotient;
}

function isExact(value: number, fraction: number): boolean {
  return decimalOf(value).scale <= fraction;
}
