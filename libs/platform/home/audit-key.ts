import { keptKey } from './kept-key.ts';

/**
 * The seed of the Ed25519 key that signs audit checkpoints: the given one, or the one kept in the home.
 * @throws Error if the kept key is damaged: checkpoints of a new one are not those that auditors know.
 */
export function loadAuditKey(home: string, given: Buffer | null): Buffer {
  return given ?? keptKey(home, 'audit.key', 'auditors cannot tell new checkpoints from forged ones');
}
