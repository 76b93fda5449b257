/** Writes numbers and short texts, little-endian, up to a limit. */
export class BaselineWriter {
  readonly #limitBytes: number;
  #bytes = new Uint8Array(65_536);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  u8(value: number): void {
    const at = this.#take(1);
    this.#view.setUint8(at, value);
  }

  u16(value: number): void {
    const at = this.#take(2);
    this.#view.setUint16(at, value, true);
  }

  i16(value: number): void {
    const at = this.#take(2);
    this.#view.setInt16(at, value, true);
  }

  u32(value: number): void {
    const at = this.#take(4);
    this.#view.setUint32(at, value, true);
  }

  f32(value: number): void {
    const at = this.#take(4);
    this.#view.setFloat32(at, value, true);
  }

  f64(value: number): void {
    const at = this.#take(8);
    this.#view.setFloat64(at, value, true);
  }

  text(value: string, limitBytes: number, what: string): void {
    const encoded = new TextEncoder().encode(value);
    if (encoded.length > limitBytes) throw new RangeError(`${what} ${value.slice(0, 40)}: ${encoded.length} bytes; ${limitBytes} are allowed`);
    this.u16(encoded.length);
    const at = this.#take(encoded.length);
    this.#bytes.set(encoded, at);
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#at);
  }

  #take(length: number): number {
    const at = this.#at;
    this.#at += length;
    if (this.#at > this.#limitBytes) throw new RangeError(`the baseline of a layer takes more than ${this.#limitBytes} bytes; freeze it of fewer requests`);
    if (this.#at > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#at, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}

/** Reads what BaselineWriter wrote; counts are checked before anything of their size is made. */
export class BaselineReader {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array, limitBytes: number) {
    if (bytes.length > limitBytes) throw new RangeError(`the baseline has ${bytes.length} bytes; ${limitBytes} are allowed`);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  i16(): number {
    return this.#view.getInt16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  f32(): number {
    return this.#view.getFloat32(this.#take(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  count(limit: number, what: string): number {
    const value = this.u32();
    if (value > limit) throw new RangeError(`${what}: ${value}; ${limit} are allowed. The bytes are no baseline, or of another program`);
    return value;
  }

  text(limitBytes: number, what: string): string {
    const length = this.u16();
    if (length > limitBytes) throw new RangeError(`${what}: ${length} bytes; ${limitBytes} are allowed`);
    const at = this.#take(length);
    return new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, length));
  }

  /** @throws RangeError when bytes are left */
  end(): void {
    if (this.#at !== this.#view.byteLength) throw new RangeError(`the baseline has ${this.#view.byteLength - this.#at} bytes too many`);
  }

  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.#view.byteLength) throw new RangeError('the baseline ends early; freeze it anew');
    this.#at += length;
    return at;
  }
}
