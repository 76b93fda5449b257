import { readFileSync, statSync } from 'node:fs';
import { type Fault, parseFaultPlan } from './fault-plan.ts';

/** How soon a change of the file is heeded. */
const LOOK_MS = 100;

interface Armed {
  readonly fault: Fault;
  /** Share of runs that have passed since it last struck. */
  due: number;
}

/** The faults of a drill, read again whenever their file changes. No file, or one that is taken away: no faults. */
export class FaultInjection {
  readonly #path: string;
  readonly #tell: (message: string) => void;
  readonly #timer: NodeJS.Timeout;
  #armed = new Map<string, Armed>();
  #seen = '';

  /** @param tell told, as a sentence, what is injected from now on, or what is wrong with the file */
  constructor(path: string, tell: (message: string) => void) {
    this.#path = path;
    this.#tell = tell;
    this.#look();
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#timer.unref();
  }

  /** The fault that strikes this run of an expert; null: none. */
  strike(layer: number, expert: number): Fault | null {
    const armed = this.#armed.get(keyOf(layer, expert));
    if (!armed) return null;
    armed.due += armed.fault.share;
    if (armed.due < 1) return null;
    armed.due -= 1;
    return armed.fault;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** A file that says nothing sensible changes nothing: a drill goes on until it is ended. */
  #look(): void {
    try {
      const stamp = stampOf(this.#path);
      if (stamp === this.#seen) return;
      this.#seen = stamp;
      const faults = stamp === '' ? [] : parseFaultPlan(readFileSync(this.#path, 'utf8'));
      if (faults.length === 0 && this.#armed.size === 0) return;
      this.#armed = new Map(faults.map((fault) => [keyOf(fault.layer, fault.expert), { fault, due: 0 }]));
      this.#tell(this.#armed.size === 0 ? 'a drill has ended: no faults are injected any more' : `a drill: faults are injected into ${this.#armed.size} experts, by ${this.#path}`);
    } catch (error) {
      this.#tell(`the fault file ${this.#path} cannot be used, so the faults before it stay: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** Changes with the file; empty where there is none. */
function stampOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stats ? `${stats.mtimeNs} ${stats.size} ${stats.ino}` : '';
}

function keyOf(layer: number, expert: number): string {
  return `${layer}/${expert}`;
}
