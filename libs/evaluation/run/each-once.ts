import { type RunTools } from './assay.ts';

/** Measures a part of a plan, by its place among the steps. */
type MeasurePart<T> = (at: number, tools: RunTools) => Promise<T>;

/** Measures each part once, however many later parts ask for it; what failed is tried anew. */
export function eachOnce<T>(measure: MeasurePart<T>): MeasurePart<T> {
  const known = new Map<number, Promise<T>>();
  return (at, tools) => {
    const found = known.get(at);
    if (found) return found;
    const measuring = measure(at, tools);
    known.set(at, measuring);
    measuring.catch(() => known.delete(at));
    return measuring;
  };
}
