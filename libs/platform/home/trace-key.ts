import { keptKey } from './kept-key.ts';

/**
 * The key that seals traces: the given one, or the one kept in the home.
 * @throws Error if the kept key is damaged: a new one would make the stored traces unreadable.
 */
export function loadTraceKey(home: string, given: Buffer | null): Buffer {
  return given ?? keptKey(home, 'trace.key', 'stored traces cannot be read');
}
