import { type Estimate, estimateOf, fieldsOf, indexOf, listOf, numberOf, textOf } from '../result/fields.ts';

export interface ExpertPlace {
  readonly layer: number;
  readonly expert: number;
}

export interface ExpertEffect extends ExpertPlace {
  readonly effect: Estimate;
  /** Of the refusal margin; null where there is none to have a share of. */
  readonly share: number | null;
  readonly isFound: boolean;
}

export interface ExpertRate extends ExpertPlace {
  readonly harmful: number | null;
  readonly harmless: number | null;
  readonly difference: Estimate;
  readonly isFound: boolean;
}

export interface Proposal extends ExpertPlace {
  readonly share: number | null;
  readonly reasons: readonly string[];
}

export interface ConcentrationFindings {
  readonly margins: readonly { readonly name: string; readonly margin: Estimate }[];
  readonly refusalMargin: Estimate | null;
  readonly rates: readonly ExpertRate[];
  readonly knockOuts: readonly ExpertEffect[];
  readonly carriers: readonly (ExpertPlace & { readonly removed: number })[];
  readonly target: number | null;
  readonly isReached: boolean;
  readonly effectiveCarriers: number | null;
  readonly proposals: readonly Proposal[];
}

/** What a run on concentration found, as far as it says. */
export function concentrationOf(result: unknown): ConcentrationFindings {
  const { margins, refusalMargin, rates, knockOuts, smallestSet, concentration, proposals } = fieldsOf(result);
  const { target, isReached, carriers } = fieldsOf(smallestSet);
  return {
    margins: listOf(margins).flatMap((one) => {
      const [name, margin] = [textOf(fieldsOf(one)['class']), estimateOf(fieldsOf(one)['margin'])];
      return name === null || margin === null ? [] : [{ name, margin }];
    }),
    refusalMargin: estimateOf(refusalMargin),
    rates: placed(fieldsOf(rates)['shown'], ({ harmful, harmless, difference, isFound }) => {
      const found = estimateOf(difference);
      return found === null ? null : { harmful: numberOf(harmful), harmless: numberOf(harmless), difference: found, isFound: isFound === true };
    }),
    knockOuts: placed(knockOuts, ({ effect, share, isFound }) => {
      const found = estimateOf(effect);
      return found === null ? null : { effect: found, share: numberOf(share), isFound: isFound === true };
    }),
    carriers: placed(carriers, ({ removed }) => (numberOf(removed) === null ? null : { removed: removed as number })),
    target: numberOf(target),
    isReached: isReached === true,
    effectiveCarriers: numberOf(fieldsOf(concentration)['effectiveCarriers']),
    proposals: placed(proposals, ({ share, reasons }) => ({ share: numberOf(share), reasons: listOf(reasons).flatMap((one) => textOf(fieldsOf(one)['detail']) ?? textOf(fieldsOf(one)['reason']) ?? []) })),
  };
}

/** Records that name an expert and hold what is asked for. */
function placed<T extends object>(value: unknown, read: (fields: Readonly<Record<string, unknown>>) => T | null): (ExpertPlace & T)[] {
  return listOf(value).flatMap((one) => {
    const fields = fieldsOf(one);
    const [layer, expert, rest] = [indexOf(fields['layer']), indexOf(fields['expert']), read(fields)];
    return layer === null || expert === null || rest === null ? [] : [{ layer, expert, ...rest }];
  });
}
