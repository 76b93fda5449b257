/**
 * How many bytes at the end of `bytes[0, end)` begin a UTF-8 character without finishing it (0 to 3).
 * Ranges of the second byte: The Unicode Standard, table 3-7. Text decoded before such a tail, and
 * text decoded from it on, join to the text decoded in one go.
 */
export function openCharacterBytes(bytes: Uint8Array, end: number): number {
  for (let back = 1; back <= 3 && back <= end; back++) {
    const lead = bytes[end - back] ?? 0;
    if (lead >= 0x80 && lead < 0xc0) continue;
    if (lead < 0xc2 || lead > 0xf4) return 0;
    const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (back >= length) return 0;
    if (back === 1) return 1;
    return secondByteFits(lead, bytes[end - back + 1] ?? 0) ? back : 0;
  }
  return 0;
}

function secondByteFits(lead: number, second: number): boolean {
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  return second >= low && second <= high;
}
