const INDEX_BITS = 12;
/** Prompts of one request that can have ids of their own. */
export const MAX_INDEXED = 1 << INDEX_BITS;

/**
 * A UUID of version 7 (RFC 9562): 48 bits of epoch milliseconds, then randomness. Its last 12 bits
 * are zero, so that the prompts of one request have the ids that follow it.
 * @param random at least 10 random bytes
 */
export function newRequestId(atMs: number, random: Uint8Array): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(atMs, 0, 6);
  bytes.set(random.subarray(0, 10), 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  bytes[14] = (bytes[14] ?? 0) & 0xf0;
  bytes[15] = 0;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Id of the generation for prompt `index` of a request; prompt 0 has the request's own. */
export function promptId(requestId: string, index: number): string {
  if (index < 0 || index >= MAX_INDEXED) throw new RangeError(`prompt index ${index} is not below ${MAX_INDEXED}`);
  return requestId.slice(0, -3) + index.toString(16).padStart(3, '0');
}
