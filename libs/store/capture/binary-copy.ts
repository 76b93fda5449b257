const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
/** Milliseconds from 1970 to 2000, where PostgreSQL's timestamps start. */
const POSTGRES_EPOCH_MS = 946_684_800_000;
const HYPHEN = 0x2d;
const NO_DIGIT = 255;
/** Value of each hexadecimal digit by its character code. */
const HEX_DIGITS = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(value) ? NO_DIGIT : value;
});

/**
 * Rows in PostgreSQL's binary COPY format (manual, "COPY", section "Binary Format"): a header, then for
 * each row its number of fields and for each field its length and big-endian bytes. Fields are appended
 * in the order of the columns.
 */
export class BinaryCopyEncoder {
  private buffer: Buffer;
  // Setters of a DataView are compiled in place; those of a Buffer check their arguments each time.
  private view: DataView;
  private end = 0;

  constructor(expectedBytes = 64 * 1024) {
    this.buffer = Buffer.allocUnsafe(Math.max(64, expectedBytes));
    this.view = viewOf(this.buffer);
    this.raw(SIGNATURE);
    this.room(8);
    this.put32(0);
    this.put32(0);
  }

  row(fields: number): this {
    this.room(2);
    this.put16(fields);
    return this;
  }

  int16(value: number): this {
    this.room(6);
    this.put32(2);
    this.put16(value);
    return this;
  }

  int32(value: number | null): this {
    this.room(8);
    if (value === null) {
      this.put32(-1);
      return this;
    }
    this.put32(4);
    this.put32(value);
    return this;
  }

  boolean(value: boolean | null): this {
    this.room(5);
    if (value === null) {
      this.put32(-1);
      return this;
    }
    this.put32(1);
    this.view.setUint8(this.end++, value ? 1 : 0);
    return this;
  }

  /** A timestamptz from epoch milliseconds. */
  timestamp(epochMs: number): this {
    this.room(12);
    this.put32(8);
    this.view.setBigInt64(this.end, BigInt(Math.round(epochMs) - POSTGRES_EPOCH_MS) * 1000n);
    this.end += 8;
    return this;
  }

  /** @throws TypeError when the text is no UUID */
  uuid(text: string): this {
    this.room(20);
    this.put32(16);
    const start = this.end;
    let half = -1;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === HYPHEN) continue;
      const digit = code < HEX_DIGITS.length ? HEX_DIGITS[code]! : NO_DIGIT;
      if (digit === NO_DIGIT || this.end - start === 16) throw notUuid(text);
      if (half < 0) {
        half = digit;
      } else {
        this.view.setUint8(this.end++, half * 16 + digit);
        half = -1;
      }
    }
    if (half >= 0 || this.end - start !== 16) throw notUuid(text);
    return this;
  }

  bytes(value: Uint8Array | null): this {
    this.room(4);
    if (value === null) {
      this.put32(-1);
      return this;
    }
    this.put32(value.byteLength);
    this.raw(value);
    return this;
  }

  /** Bytes not taken yet. */
  get sizeBytes(): number {
    return this.end;
  }

  /** Takes the bytes so far, so that they can go out while more rows are encoded. */
  take(): Buffer {
    const taken = this.buffer.subarray(0, this.end);
    this.buffer = Buffer.allocUnsafe(this.buffer.length);
    this.view = viewOf(this.buffer);
    this.end = 0;
    return taken;
  }

  /** Ends the rows; the encoder is used up after that. */
  finish(): Buffer {
    this.room(2);
    this.put16(-1);
    return this.buffer.subarray(0, this.end);
  }

  private raw(value: Uint8Array): void {
    this.room(value.byteLength);
    this.buffer.set(value, this.end);
    this.end += value.byteLength;
  }

  private room(bytes: number): void {
    if (this.end + bytes <= this.buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.end + bytes));
    this.buffer.copy(grown, 0, 0, this.end);
    this.buffer = grown;
    this.view = viewOf(grown);
  }

  private put16(value: number): void {
    this.view.setInt16(this.end, value);
    this.end += 2;
  }

  private put32(value: number): void {
    this.view.setInt32(this.end, value);
    this.end += 4;
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

function notUuid(text: string): TypeError {
  return new TypeError(`${JSON.stringify(text)} is no UUID`);
}
