import { type Clock } from './clock.ts';

/** A clock for tests: time passes only by `advance`. */
export class ManualClock implements Clock {
  private time = Date.now();
  private timers: { atMs: number; action: () => void }[] = [];

  nowMs(): number {
    return this.time;
  }

  after(delayMs: number, action: () => void): () => void {
    const timer = { atMs: this.time + delayMs, action };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  /** Lets time pass and runs what falls due, in order. */
  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const due = this.timers.filter(({ atMs }) => atMs <= end).toSorted((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.timers = this.timers.filter((other) => other !== due);
      this.time = Math.max(this.time, due.atMs);
      due.action();
    }
    this.time = end;
  }
}
