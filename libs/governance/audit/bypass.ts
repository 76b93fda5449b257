/**
 * Whether an act changed what serves without an approved change behind it: each such act says on whose
 * behalf it came, and `direct` is by hand (docs/audit.md).
 */
export function isBypass(detail: unknown): boolean {
  return typeof detail === 'object' && detail !== null && 'cause' in detail && detail.cause === 'direct';
}
