import { EvaluationError } from '../evaluation-error.ts';
import { type Json } from '../run/run.ts';

export type Fields = { readonly [name: string]: Json };

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads one object, field by field; what it refuses, it refuses with the path of the field and what to give instead. */
export class FieldReader {
  readonly #path: string;
  readonly #reason: string;
  readonly fields: Fields;

  /** @param path of the object, `` for the outermost */
  constructor(value: unknown, path: string, reason: string) {
    this.#path = path;
    this.#reason = reason;
    if (!isFields(value)) throw new EvaluationError(reason, path, `${path === '' ? 'The outermost value' : path} must be an object with named fields.`);
    this.fields = value;
  }

  at(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }

  refuse(name: string, message: string): never {
    throw new EvaluationError(this.#reason, this.at(name), `${this.at(name)} ${message}`);
  }

  /** @throws EvaluationError where a field has another name: a misspelt one would be ignored otherwise */
  only(names: readonly string[]): void {
    for (const name of Object.keys(this.fields)) {
      if (!names.includes(name)) this.refuse(name, `is not known here; give only ${names.join(', ')}.`);
    }
  }

  has(name: string): boolean {
    return this.fields[name] !== undefined && this.fields[name] !== null;
  }

  text(name: string, { max, min = 1 }: { readonly max: number; readonly min?: number }): string {
    const value = this.fields[name];
    if (typeof value !== 'string' || value.length < min || value.length > max) this.refuse(name, `must be a text of ${min} to ${max} characters.`);
    return value;
  }

  number(name: string, { min = -Number.MAX_VALUE, max = Number.MAX_VALUE }: { readonly min?: number; readonly max?: number } = {}): number {
    const value = this.fields[name];
    if (typeof value !== 'number' || !Number.isFinite(value) || value < min || value > max) {
      this.refuse(name, `must be a number${min > -Number.MAX_VALUE ? ` from ${min}` : ''}${max < Number.MAX_VALUE ? ` to ${max}` : ''}.`);
    }
    return value;
  }

  whole(name: string, { min, max }: { readonly min: number; readonly max: number }): number {
    const value = this.fields[name];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) this.refuse(name, `must be a whole number from ${min} to ${max}.`);
    return value;
  }

  choice<T extends string>(name: string, options: readonly T[]): T {
    const value = this.fields[name];
    const found = options.find((option) => option === value);
    if (found === undefined) this.refuse(name, `is ${JSON.stringify(value) ?? 'left out'}; give one of ${options.join(', ')}.`);
    return found;
  }

  flag(name: string): boolean {
    const value = this.fields[name];
    if (typeof value !== 'boolean') this.refuse(name, 'must be true or false.');
    return value;
  }

  list(name: string, { min, max }: { readonly min: number; readonly max: number }): readonly Json[] {
    const value = this.fields[name];
    if (!Array.isArray(value) || value.length < min || value.length > max) this.refuse(name, `must be a list of ${min} to ${max}.`);
    return value;
  }

  /** Texts by name, such as labels. */
  texts(name: string, { max, maxCharacters }: { readonly max: number; readonly maxCharacters: number }): Readonly<Record<string, string>> {
    const value = this.fields[name];
    if (!isFields(value)) this.refuse(name, 'must be an object of texts by name.');
    const entries = Object.entries(value);
    if (entries.length > max) this.refuse(name, `has ${entries.length} entries; give at most ${max}.`);
    for (const [key, text] of entries) {
      if (typeof text !== 'string' || text.length === 0 || text.length > maxCharacters || key.length > maxCharacters) {
        this.refuse(`${name}.${key}`, `must be a text of 1 to ${maxCharacters} characters.`);
      }
    }
    return Object.fromEntries(entries) as Record<string, string>;
  }
}
