import { ALL, type CharacterSet, complement, DIGITS, NOT_LINE_END, type Range, SPACE, union, WORD } from './character-set.ts';

/** A regular expression as a tree. */
export type Expression =
  | { readonly type: 'set'; readonly set: CharacterSet }
  | { readonly type: 'sequence'; readonly parts: readonly Expression[] }
  | { readonly type: 'choice'; readonly parts: readonly Expression[] }
  | { readonly type: 'repeat'; readonly part: Expression; readonly min: number; readonly max: number | null };

export class PatternError extends Error {
  override readonly name = 'PatternError';
}

const MAX_REPEAT = 1000;
const ANYTHING: Expression = { type: 'repeat', part: { type: 'set', set: ALL }, min: 0, max: null };
const CONTROL: Readonly<Record<string, number>> = { b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '0': 0 };
const CLASSES: Readonly<Record<string, CharacterSet>> = { d: DIGITS, D: complement(DIGITS), w: WORD, W: complement(WORD), s: SPACE, S: complement(SPACE) };
const SYNTAX = '^$\\.*+?()[]{}|/-';

/**
 * Reads the regular subset of ECMAScript's patterns (with its flag u): characters, classes, groups,
 * alternatives, repetitions, and ^ and $ at the ends of the whole or of one of its alternatives. As
 * `pattern` of JSON Schema it matches anywhere in the text unless it is anchored.
 * @throws PatternError that says what it does not know
 */
export function parsePattern(source: string): Expression {
  return new PatternParser(source).parse();
}

class PatternParser {
  readonly #characters: readonly string[];
  #at = 0;

  constructor(source: string) {
    this.#characters = Array.from(source);
  }

  parse(): Expression {
    const parts: Expression[] = [];
    do {
      const isStart = this.#take('^');
      const body = this.#sequence();
      const isEnd = this.#take('$');
      parts.push({ type: 'sequence', parts: [...(isStart ? [] : [ANYTHING]), body, ...(isEnd ? [] : [ANYTHING])] });
    } while (this.#take('|'));
    if (this.#at < this.#characters.length) throw new PatternError(this.#peek() === ')' ? 'it closes a group that is not open' : 'it has ^ or $ within it; they may stand at its ends only');
    return { type: 'choice', parts };
  }

  #peek(): string | undefined {
    return this.#characters[this.#at];
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }

  #next(): string {
    const character = this.#characters[this.#at++];
    if (character === undefined) throw new PatternError('it ends too early');
    return character;
  }

  #sequence(): Expression {
    const parts: Expression[] = [];
    for (let next = this.#peek(); next !== undefined && next !== '|' && next !== ')' && next !== '$' && next !== '^'; next = this.#peek()) parts.push(this.#repeated());
    return { type: 'sequence', parts };
  }

  #repeated(): Expression {
    const part = this.#atom();
    const [min, max] = this.#bounds();
    if (min === 1 && max === 1) return part;
    // Lazy or greedy: the same texts match.
    this.#take('?');
    if (this.#peek() === '*' || this.#peek() === '+' || this.#peek() === '{') throw new PatternError('it repeats a repetition');
    return { type: 'repeat', part, min, max };
  }

  #bounds(): [number, number | null] {
    if (this.#take('*')) return [0, null];
    if (this.#take('+')) return [1, null];
    if (this.#take('?')) return [0, 1];
    if (!this.#take('{')) return [1, 1];
    const min = this.#number();
    let max: number | null = min;
    if (this.#take(',')) max = this.#peek() === '}' ? null : this.#number();
    if (!this.#take('}')) throw new PatternError('it has a { that is no repetition');
    if (max !== null && max < min) throw new PatternError('it repeats at most less often than at least');
    if (min > MAX_REPEAT || (max ?? 0) > MAX_REPEAT) throw new PatternError(`it repeats more than ${MAX_REPEAT} times`);
    return [min, max];
  }

  #number(): number {
    let digits = '';
    while (/^\d$/.test(this.#peek() ?? '')) digits += this.#next();
    if (digits === '' || digits.length > 6) throw new PatternError('it has a { that is no repetition');
    return Number(digits);
  }

  #atom(): Expression {
    const character = this.#next();
    if (character === '(') return this.#group();
    if (character === '[') return { type: 'set', set: this.#class() };
    if (character === '.') return { type: 'set', set: NOT_LINE_END };
    if (character === '\\') return { type: 'set', set: this.#escape(false) };
    if ('*+?{}]'.includes(character)) throw new PatternError(`it has a stray ${character}`);
    return { type: 'set', set: single(character.codePointAt(0) as number) };
  }

  #group(): Expression {
    if (this.#take('?')) {
      const kind = this.#next();
      if (kind === '<' && this.#peek() !== '=' && this.#peek() !== '!') while (this.#next() !== '>');
      else if (kind !== ':') throw new PatternError('it looks around itself, or sets flags');
    }
    const parts: Expression[] = [];
    do parts.push(this.#sequence());
    while (this.#take('|'));
    if (this.#peek() === '^' || this.#peek() === '$') throw new PatternError('it has ^ or $ within a group; they may stand at its ends only');
    if (!this.#take(')')) throw new PatternError('it leaves a group open');
    return { type: 'choice', parts };
  }

  #class(): CharacterSet {
    const isNegated = this.#take('^');
    const ranges: Range[] = [];
    while (!this.#take(']')) {
      const from = this.#classAtom();
      if (this.#peek() === '-' && this.#characters[this.#at + 1] !== ']' && isSingle(from)) {
        this.#at++;
        const to = this.#classAtom();
        if (!isSingle(to) || to[0][0] < from[0][0]) throw new PatternError('it has a range out of order');
        ranges.push([from[0][0], to[0][0]]);
      } else ranges.push(...from);
    }
    const set = union(ranges);
    return isNegated ? complement(set) : set;
  }

  #classAtom(): CharacterSet {
    const character = this.#next();
    return character === '\\' ? this.#escape(true) : single(character.codePointAt(0) as number);
  }

  #escape(isInClass: boolean): CharacterSet {
    const letter = this.#next();
    const set = Object.hasOwn(CLASSES, letter) ? CLASSES[letter] : undefined;
    if (set) return set;
    if (letter === 'b' && !isInClass) throw new PatternError('it asks for a word boundary');
    const control = Object.hasOwn(CONTROL, letter) ? CONTROL[letter] : undefined;
    if (control !== undefined) return single(control);
    if (letter === 'x') return single(this.#hex(2));
    if (letter === 'u') return single(this.#unicode());
    if (SYNTAX.includes(letter)) return single(letter.codePointAt(0) as number);
    throw new PatternError(`it has \\${letter}, which is not supported`);
  }

  #unicode(): number {
    if (!this.#take('{')) return this.#hex(4);
    let digits = '';
    while (!this.#take('}')) digits += this.#next();
    if (!/^[0-9a-fA-F]{1,6}$/.test(digits) || Number.parseInt(digits, 16) > 0x10ffff) throw new PatternError('it has a \\u{} that is no character');
    return Number.parseInt(digits, 16);
  }

  #hex(length: number): number {
    let digits = '';
    for (let at = 0; at < length; at++) digits += this.#next();
    if (!/^[0-9a-fA-F]+$/.test(digits)) throw new PatternError('it has an escape that is no character');
    return Number.parseInt(digits, 16);
  }
}

function single(codePoint: number): CharacterSet {
  return [[codePoint, codePoint]];
}

function isSingle(set: CharacterSet): set is readonly [Range] {
  return set.length === 1 && set[0] !== undefined && set[0][0] === set[0][1];
}
