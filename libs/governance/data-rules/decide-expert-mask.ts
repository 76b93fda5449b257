import { type ExpertMask, maskExpert, newExpertMask } from '#libs/moe/expert-mask';
import { type ComponentName, expertName, type Sha256 } from '#libs/release/component';
import { type DataRule, type DataRuleSet, masks, parseRuleExpert, type RuleLabels } from './rule-set.ts';

/** What of a release the decision needs. */
export interface MaskedShape {
  readonly layers: number;
  readonly experts: number;
  readonly topK: number;
  /** Component name to version. */
  readonly components: Readonly<Record<ComponentName, Sha256>>;
}

/** The parts of a manifest that decideExpertMask looks at. */
export function maskedShape(manifest: {
  readonly shape: { readonly layers: number; readonly experts: number };
  readonly routing: { readonly topK: number };
  readonly components: MaskedShape['components'];
}): MaskedShape {
  return { layers: manifest.shape.layers, experts: manifest.shape.experts, topK: manifest.routing.topK, components: manifest.components };
}

export interface MaskedExpert {
  readonly layer: number;
  readonly expert: number;
  /** Rules that keep it from serving, in the order of the rule set. */
  readonly rules: readonly string[];
}

/** `unrestricted`: nothing is masked; `masked`: some experts are; `no-expert-left`: the request must be refused. */
export type MaskReason = 'unrestricted' | 'masked' | 'no-expert-left';

export interface MaskDecision {
  readonly reason: MaskReason;
  /** null where nothing is masked. With `no-expert-left` it must not be run. */
  readonly masked: ExpertMask | null;
  /** By layer and expert. */
  readonly experts: readonly MaskedExpert[];
  /** Layers in which fewer than topK experts are left, so that fewer serve. */
  readonly tooFew: readonly number[];
  /** The first layer without any expert left, and the rules that emptied it. */
  readonly refused: { readonly layer: number; readonly rules: readonly string[] } | null;
  /** Ids of all rules that mask an expert, in the order of the rule set. */
  readonly reasons: readonly string[];
}

const UNRESTRICTED: MaskDecision = { reason: 'unrestricted', masked: null, experts: [], tooFew: [], refused: null, reasons: [] };

/** Decides which experts of a release must not serve a request with these labels. */
export function decideExpertMask(ruleSet: Pick<DataRuleSet, 'rules'>, shape: MaskedShape, labels: RuleLabels): MaskDecision {
  return maskBy(ruleSet.rules.filter((rule) => masks(rule, labels)), shape);
}

/** The mask that these rules make together, all of which apply. */
export function maskBy(applying: readonly DataRule[], shape: MaskedShape): MaskDecision {
  const rulesOf = new Map<number, string[]>();
  const reasons: string[] = [];
  const byVersion = applying.some(({ expert }) => expert.startsWith('sha256:')) ? placesByVersion(shape) : null;
  for (const { id, expert } of applying) {
    const places = placesOf(expert, shape, byVersion);
    for (const place of places) rulesOf.set(place, [...(rulesOf.get(place) ?? []), id]);
    if (places.length > 0) reasons.push(id);
  }
  if (rulesOf.size === 0) return UNRESTRICTED;
  const masked = newExpertMask(shape.layers, shape.experts);
  const left = new Uint32Array(shape.layers).fill(shape.experts);
  const experts = [...rulesOf]
    .toSorted(([a], [b]) => a - b)
    .map(([place, rules]) => {
      const layer = Math.floor(place / shape.experts);
      const expert = place % shape.experts;
      maskExpert(masked, layer, expert);
      left[layer]! -= 1;
      return { layer, expert, rules };
    });
  const emptied = left.indexOf(0);
  const layers = [...left.keys()];
  return {
    reason: emptied === -1 ? 'masked' : 'no-expert-left',
    masked,
    experts,
    tooFew: layers.filter((layer) => left[layer]! > 0 && left[layer]! < shape.topK),
    refused: emptied === -1 ? null : { layer: emptied, rules: [...new Set(experts.filter(({ layer }) => layer === emptied).flatMap(({ rules }) => rules))] },
    reasons,
  };
}

/** Places, as layer * experts + expert, that a rule's `expert` has in this release; none where it is not part of it. */
function placesOf(expert: string, { layers, experts }: MaskedShape, byVersion: ReadonlyMap<Sha256, readonly number[]> | null): readonly number[] {
  const target = parseRuleExpert(expert);
  if (target?.kind === 'place') return target.layer < layers && target.expert < experts ? [target.layer * experts + target.expert] : [];
  return target ? (byVersion?.get(target.sha256) ?? []) : [];
}

function placesByVersion({ layers, experts, components }: MaskedShape): ReadonlyMap<Sha256, readonly number[]> {
  const places = new Map<Sha256, number[]>();
  for (let place = 0; place < layers * experts; place++) {
    const sha256 = components[expertName(Math.floor(place / experts), place % experts)];
    if (sha256 === undefined) continue;
    const known = places.get(sha256);
    if (known) known.push(place);
    else places.set(sha256, [place]);
  }
  return places;
}
