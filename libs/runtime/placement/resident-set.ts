/** How one thing is used and what it takes. */
interface Resident {
  readonly sizeBytes: number;
  /** Uses, each weighing twice as much as one that was HALF_LIFE_USES uses earlier. */
  score: number;
  isHeld: boolean;
}

/** What becomes of a thing that has just been used without being held. */
export type SettleDecision =
  | { readonly action: 'hold'; readonly reason: 'fits' | 'used-more'; readonly letGo: readonly string[] }
  | { readonly action: 'let-go'; readonly reason: 'used-less' | 'larger-than-the-budget' };

/** Uses, of all things together, after which one counts half. */
const HALF_LIFE_USES = 20_000;
/** Weights grow without end; before they lose precision all are scaled down. */
const LARGEST_WEIGHT = 2 ** 40;

/**
 * Decides which things are held within a budget of bytes: those used most, where old uses count less
 * (least frequently used goes, with ageing). What was used but once does not drive out what is used
 * often: the newcomer must have the higher score (the admission rule of TinyLFU, Einziger, Friedman
 * & Manes 2017, with exact counts). Counting by recency would not do: a model's layers come round in turn, so that
 * the least recently used expert is the one wanted next.
 */
export class ResidentSet {
  readonly #budgetBytes: number;
  readonly #residents = new Map<string, Resident>();
  #heldBytes = 0;
  #weight = 1;

  /** @param budgetBytes above 0 */
  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  isHeld(id: string): boolean {
    return this.#residents.get(id)?.isHeld ?? false;
  }

  add(id: string, sizeBytes: number): void {
    if (!this.#residents.has(id)) this.#residents.set(id, { sizeBytes, score: 0, isHeld: false });
  }

  remove(id: string): void {
    if (this.isHeld(id)) this.#heldBytes -= this.#residents.get(id)!.sizeBytes;
    this.#residents.delete(id);
  }

  used(id: string): void {
    const resident = this.#residents.get(id);
    if (resident === undefined) return;
    this.#weight *= 2 ** (1 / HALF_LIFE_USES);
    resident.score += this.#weight;
    if (this.#weight > LARGEST_WEIGHT) this.#scaleDown();
  }

  /** Takes the decision for something that is in memory now and not held; `letGo` are no longer held then. */
  settle(id: string): SettleDecision {
    const newcomer = this.#residents.get(id)!;
    if (newcomer.sizeBytes > this.#budgetBytes) return { action: 'let-go', reason: 'larger-than-the-budget' };
    const letGo: string[] = [];
    let free = this.#budgetBytes - this.#heldBytes;
    if (free < newcomer.sizeBytes) {
      for (const [other, resident] of this.#leastUsedFirst()) {
        if (resident.score >= newcomer.score) return { action: 'let-go', reason: 'used-less' };
        letGo.push(other);
        free += resident.sizeBytes;
        if (free >= newcomer.sizeBytes) break;
      }
    }
    for (const other of letGo) this.#drop(other);
    newcomer.isHeld = true;
    this.#heldBytes += newcomer.sizeBytes;
    return { action: 'hold', reason: letGo.length === 0 ? 'fits' : 'used-more', letGo };
  }

  #drop(id: string): void {
    const resident = this.#residents.get(id)!;
    resident.isHeld = false;
    this.#heldBytes -= resident.sizeBytes;
  }

  #leastUsedFirst(): [string, Resident][] {
    return [...this.#residents].filter(([, { isHeld }]) => isHeld).toSorted(([, a], [, b]) => a.score - b.score);
  }

  #scaleDown(): void {
    for (const resident of this.#residents.values()) resident.score /= this.#weight;
    this.#weight = 1;
  }
}
