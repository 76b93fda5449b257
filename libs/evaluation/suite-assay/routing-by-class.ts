import { type ClassRouting } from '../run/result.ts';
import { sharesOf } from '../routes/moved.ts';
import { SAFETY_CLASSES, type SafetyClass } from '../suite/items.ts';
import { type MeasuredItem, type Usage } from './part.ts';

/** Experts shown for each class and layer. */
const SHOWN_EXPERTS = 4;

/** The experts that the prompts of each class took most, by layer. */
export function routingByClass(candidate: readonly MeasuredItem<'safety'>[], reference: readonly MeasuredItem<'safety'>[] | null): ClassRouting[] {
  return SAFETY_CLASSES.flatMap((name) => {
    const left = usageOfClass(candidate, name);
    if (!left) return [];
    const right = reference && usageOfClass(reference, name);
    return left.map((counts, layer) => {
      const shares = sharesOf(counts);
      const other = right && sharesOf(right[layer] ?? []);
      const shown = [...shares.keys()].toSorted((a, b) => shares[b]! - shares[a]! || a - b).slice(0, SHOWN_EXPERTS);
      return {
        class: name,
        layer,
        candidate: shown.map((expert) => ({ expert, share: shares[expert]! })),
        reference: other && shown.map((expert) => ({ expert, share: other[expert] ?? 0 })),
      };
    });
  });
}

function usageOfClass(items: readonly MeasuredItem<'safety'>[], name: SafetyClass): Usage | null {
  const usages = items.flatMap((item) => (item.class === name && item.usage ? [item.usage] : []));
  const [first, ...others] = usages;
  if (!first) return null;
  return others.reduce<Usage>((sum, usage) => sum.map((counts, layer) => counts.map((count, expert) => count + usage[layer]![expert]!)), first);
}
