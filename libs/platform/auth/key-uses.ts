const STEP_MS = 60_000;
const MAX_KEYS = 10_000;

/** Which uses of keys are worth a write: for each key one a minute. */
export class KeyUses {
  readonly #notedAtMs = new Map<string, number>();

  /** Whether to note a use now; it counts as noted. */
  isDue(keyId: string, nowMs: number): boolean {
    if (nowMs - (this.#notedAtMs.get(keyId) ?? Number.NEGATIVE_INFINITY) < STEP_MS) return false;
    if (this.#notedAtMs.size >= MAX_KEYS) this.#notedAtMs.clear();
    this.#notedAtMs.set(keyId, nowMs);
    return true;
  }
}
