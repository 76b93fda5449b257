import { type Estimate, estimateOf, type Fields, fieldsOf, listOf, numberOf, textOf } from '../result/fields.ts';
import { type SwapCell } from './swap-picture.tsx';

export interface Effect {
  readonly name: string;
  readonly effect: Estimate;
}

export interface Share {
  readonly name: string;
  readonly share: Estimate;
  /** Of the whole change; null where nothing changed. */
  readonly part: number | null;
  /** 0 to 1: how often it has a tenth of the change or more. */
  readonly confidence: number | null;
  readonly isNamed: boolean;
}

export interface AttributionFindings {
  /** Such as `router` or `expert`; null where the result does not say. */
  readonly cause: string | null;
  /** 0 to 1. */
  readonly confidence: number | null;
  /** Components that the verdict names. */
  readonly named: readonly string[];
  /** Each cause that some resamples gave, with the share of them. */
  readonly causes: readonly { readonly cause: string; readonly confidence: number }[];
  readonly change: Estimate | null;
  readonly cells: readonly SwapCell[];
  /** The backbone changed too, and three of the cells have the new one. */
  readonly hasBackbone: boolean;
  readonly effects: readonly Effect[];
  readonly shares: readonly Share[];
  readonly knockOuts: readonly { readonly name: string; readonly old: Estimate; readonly fresh: Estimate }[];
  /** Checks by other means, a sentence each. */
  readonly others: Others;
}

export interface Others {
  /** The new release on the routes of the old one, less the old release. */
  readonly replay: Estimate | string | null;
  /** Share of the lost bits that another route wins back. */
  readonly wonBackShare: number | null;
  readonly fragileTokens: number | null;
  readonly fixedTokens: number | null;
}

/** What an attribution found, as far as it says. */
export function attributionOf(result: unknown): AttributionFindings {
  const fields = fieldsOf(result);
  const effects = fieldsOf(fields['effects']);
  const named = listOf(fields['named']).filter((one) => typeof one === 'string');
  return {
    cause: textOf(fields['cause']),
    confidence: numberOf(fields['confidence']),
    named,
    causes: listOf(fields['causes']).flatMap((one) => {
      const [cause, confidence] = [textOf(fieldsOf(one)['cause']), numberOf(fieldsOf(one)['confidence'])];
      return cause === null || confidence === null ? [] : [{ cause, confidence }];
    }),
    change: estimateOf(fields['change']),
    cells: cellsOf(fields, effects),
    hasBackbone: (estimateOf(effects['backbone'])?.value ?? 0) !== 0,
    effects: ['router', 'experts', 'interaction', 'backbone'].flatMap((name) => {
      const effect = estimateOf(effects[name]);
      return effect === null || (name === 'backbone' && effect.value === 0) ? [] : [{ name, effect }];
    }),
    shares: listOf(fields['components']).flatMap((one) => {
      const { component, share, part, confidence, named: isNamed } = fieldsOf(one);
      const [name, found] = [textOf(component), estimateOf(share)];
      return name === null || found === null ? [] : [{ name, share: found, part: numberOf(part), confidence: numberOf(confidence), isNamed: isNamed === true || named.includes(name) }];
    }),
    knockOuts: listOf(fields['knockOut']).flatMap((one) => {
      const [name, old, fresh] = [textOf(fieldsOf(one)['component']), estimateOf(fieldsOf(one)['old']), estimateOf(fieldsOf(one)['new'])];
      return name === null || old === null || fresh === null ? [] : [{ name, old, fresh }];
    }),
    others: othersOf(fields),
  };
}

/** The corners as measured; the two between them by their effects, which add up to the change. */
function cellsOf({ old, new: fresh }: Fields, effects: Fields): readonly SwapCell[] {
  const [reference, candidate] = [estimateOf(old), estimateOf(fresh)];
  const [router, experts] = [estimateOf(effects['router']), estimateOf(effects['experts'])];
  if (reference === null || candidate === null || router === null || experts === null) return [];
  const base = reference.value + (estimateOf(effects['backbone'])?.value ?? 0);
  const between = (effect: Estimate): Estimate => ({ value: base + effect.value, low: null, high: null, n: null });
  return [
    { router: 'old', experts: 'old', bitsPerByte: reference },
    { router: 'old', experts: 'new', bitsPerByte: between(experts) },
    { router: 'new', experts: 'old', bitsPerByte: between(router) },
    { router: 'new', experts: 'new', bitsPerByte: candidate },
  ];
}

function othersOf({ replay, counterfactual }: Fields): Others {
  const { wonBackShare, tokens, fixedTokens } = fieldsOf(counterfactual);
  return { replay: typeof replay === 'string' ? replay : estimateOf(fieldsOf(replay)['change']), wonBackShare: numberOf(wonBackShare), fragileTokens: numberOf(tokens), fixedTokens: numberOf(fixedTokens) };
}
