import { setImmediate as nextTurn } from 'node:timers/promises';

const TURN_MS = 20;

/** Gives other work of the process its turn: awaited between steps that take far less than a turn each. */
export class Pace {
  #since = performance.now();

  async step(): Promise<void> {
    if (performance.now() - this.#since < TURN_MS) return;
    await nextTurn();
    this.#since = performance.now();
  }
}
