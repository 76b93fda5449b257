const BISECTIONS = 60;
const Z_95 = 1.959964;

/** Items on which two sides disagree, of so many in all. */
export interface Discordant {
  /** Candidate yes, reference no. */
  readonly gained: number;
  /** Candidate no, reference yes. */
  readonly lost: number;
  readonly items: number;
}

/**
 * Exact two-sided McNemar test: of the items on which the two sides disagree each is as likely to be
 * gained as lost, so p is twice the binomial's smaller tail, at most 1. Source: McNemar 1947
 * (Psychometrika 12, 153-157), exact form.
 */
export function mcNemarP({ gained, lost }: Discordant): number {
  const trials = gained + lost;
  let logTerm = -trials * Math.LN2;
  let tail = 0;
  for (let count = 0; count <= Math.min(gained, lost); count += 1) {
    tail += Math.exp(logTerm);
    logTerm += Math.log((trials - count) / (count + 1));
  }
  return Math.min(1, 2 * tail);
}

/**
 * 95 % score interval of the difference of two paired shares, (gained - lost) / items. It has a width
 * also where no item is discordant, as few items cannot show that there are none. Source: Tango 1998
 * (Statistics in Medicine 17, 891-908).
 */
export function pairedShareInterval({ gained, lost, items }: Discordant): { low: number; high: number } {
  const difference = (gained - lost) / items;
  const score = (delta: number): number => {
    const b = -gained - lost + (2 * items - gained + lost) * delta;
    const c = -lost * delta * (1 - delta);
    const lostShare = (Math.sqrt(Math.max(0, b * b - 8 * items * c)) - b) / (4 * items);
    const variance = items * (2 * lostShare + delta * (1 - delta));
    const distance = gained - lost - items * delta;
    return variance > 0 ? distance / Math.sqrt(variance) : Math.sign(distance) * Number.POSITIVE_INFINITY;
  };
  return {
    low: bisect(difference, -1, (delta) => score(delta) <= Z_95),
    high: bisect(difference, 1, (delta) => score(delta) >= -Z_95),
  };
}

/** The place farthest from `inside`, towards `outside`, that still holds. */
function bisect(inside: number, outside: number, holds: (at: number) => boolean): number {
  if (holds(outside)) return outside;
  let [near, far] = [inside, outside];
  for (let step = 0; step < BISECTIONS; step += 1) {
    const middle = (near + far) / 2;
    if (holds(middle)) near = middle;
    else far = middle;
  }
  return near;
}
