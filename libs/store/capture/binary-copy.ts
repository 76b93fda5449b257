const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
/** Milliseconds from 1970 to 2000, where PostgreSQL's timestamps start. */
const POSTGRES_EPOCH_MS = 946_684_800_000;
const UUID = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/**
 * Rows in PostgreSQL's binary COPY format (manual, "COPY", section "Binary Format"): a header, then for
 * each row its number of fields and for each field its length and big-endian bytes. Fields are appended
 * in the order of the columns.
 */
export class BinaryCopyEncoder {
  private buffer: Buffer;
  private end = 0;

  constructor(expectedBytes = 64 * 1024) {
    this.buffer = Buffer.allocUnsafe(Math.max(64, expectedBytes));
    this.raw(SIGNATURE);
    this.room(8);
    this.end = this.buffer.writeInt32BE(0, this.end);
    this.end = this.buffer.writeInt32BE(0, this.end);
  }

  row(fields: number): this {
    this.room(2);
    this.end = this.buffer.writeInt16BE(fields, this.end);
    return this;
  }

  int16(value: number): this {
    this.room(6);
    this.end = this.buffer.writeInt32BE(2, this.end);
    this.end = this.buffer.writeInt16BE(value, this.end);
    return this;
  }

  int32(value: number | null): this {
    this.room(8);
    if (value === null) {
      this.end = this.buffer.writeInt32BE(-1, this.end);
      return this;
    }
    this.end = this.buffer.writeInt32BE(4, this.end);
    this.end = this.buffer.writeInt32BE(value, this.end);
    return this;
  }

  /** A timestamptz from epoch milliseconds. */
  timestamp(epochMs: number): this {
    this.room(12);
    this.end = this.buffer.writeInt32BE(8, this.end);
    this.end = this.buffer.writeBigInt64BE(BigInt(Math.round(epochMs) - POSTGRES_EPOCH_MS) * 1000n, this.end);
    return this;
  }

  /** @throws TypeError when the text is no UUID */
  uuid(text: string): this {
    if (!UUID.test(text)) throw new TypeError(`${JSON.stringify(text)} is no UUID`);
    this.room(20);
    this.end = this.buffer.writeInt32BE(16, this.end);
    this.end += this.buffer.write(text.replaceAll('-', ''), this.end, 'hex');
    return this;
  }

  bytes(value: Uint8Array | null): this {
    this.room(4);
    if (value === null) {
      this.end = this.buffer.writeInt32BE(-1, this.end);
      return this;
    }
    this.end = this.buffer.writeInt32BE(value.byteLength, this.end);
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
    this.end = 0;
    return taken;
  }

  /** Ends the rows; the encoder is used up after that. */
  finish(): Buffer {
    this.room(2);
    this.end = this.buffer.writeInt16BE(-1, this.end);
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
  }
}
