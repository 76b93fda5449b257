import { type Terminal } from '../../terminal.ts';

interface Step {
  readonly what: string;
  readonly undo: () => Promise<unknown>;
}

/** What was changed for a while, and how each is put back. */
export class UndoList {
  readonly #steps: Step[] = [];

  /** Remembers how to put something back; gives what takes it off the list once that was done otherwise. */
  add(what: string, undo: () => Promise<unknown>): () => void {
    const step = { what, undo };
    this.#steps.push(step);
    return () => {
      const at = this.#steps.indexOf(step);
      if (at >= 0) this.#steps.splice(at, 1);
    };
  }

  /** Puts everything back, the last first. What fails is told of and does not keep the rest from it. */
  async run(terminal: Pick<Terminal, 'note'>): Promise<void> {
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step.undo();
      } catch (error) {
        terminal.note(`Not put back: ${step.what}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
}
