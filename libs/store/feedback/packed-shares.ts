const UNITS = 65_535;

/** Shares in [0, 1] as two bytes each, little-endian, rounded to 1/65535. */
export function packShares(shares: ArrayLike<number>): Buffer {
  const out = Buffer.allocUnsafe(shares.length * 2);
  for (let at = 0; at < shares.length; at += 1) out.writeUInt16LE(Math.round(Math.min(1, Math.max(0, shares[at] ?? 0)) * UNITS), at * 2);
  return out;
}

export function unpackShares(bytes: Buffer): Float64Array {
  const shares = new Float64Array(bytes.length >> 1);
  for (let at = 0; at < shares.length; at += 1) shares[at] = bytes.readUInt16LE(at * 2) / UNITS;
  return shares;
}
