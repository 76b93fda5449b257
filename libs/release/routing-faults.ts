import { OVERFLOW_POLICIES } from '#libs/moe/capacity/capacity-settings';
import { ROW_GATINGS } from '#libs/moe/gating/gate-for';
import { type FallbackSettings, type ModelShape, type RoutingSettings } from './manifest.ts';

/** What is wrong with a routing setting. */
export interface RoutingFault {
  /** Path below `routing`, such as `capacity.factor`. */
  readonly field: string;
  readonly message: string;
}

const GATINGS: readonly string[] = [...ROW_GATINGS, 'expert-choice'];
const KEYS: readonly string[] = ['gating', 'topK', 'normalise', 'fallback', 'selectionGroups', 'scale', 'noise', 'sharedExperts', 'selectionBias', 'capacity', 'quotas'] satisfies (keyof RoutingSettings)[];
const RUNGS: readonly string[] = ['renormalise', 'next-best', 'generalist', 'dense'];
const MAX_FACTOR = 1000;
const MAX_SCALE = 1000;
const MAX_DEVIATION = 100;
const MAX_BIAS = 1000;
/** Rules that choose by a score of each expert alone. */
const BIASED: readonly string[] = ['softmax-topk', 'switch-top1', 'gshard-top2', 'topk-softmax', 'topk-sigmoid', 'sigmoid-bias'];
/** Limits and quotas of one release; each is looked at for rows of its expert alone. */
const MAX_ENTRIES = 10_000;

/** What `normalise` and `topK` must be where the rule itself says so. */
const FIXED: Readonly<Record<string, { readonly normalise: boolean; readonly topK?: number }>> = {
  'switch-top1': { normalise: false, topK: 1 },
  'gshard-top2': { normalise: true, topK: 2 },
  'topk-softmax': { normalise: true },
  'noisy-topk': { normalise: true },
  'two-level': { normalise: true },
  'expert-choice': { normalise: false },
};

/** Everything in routing settings that this version's engine cannot serve, by field; empty: it serves them all. */
export function routingFaults(routing: RoutingSettings, shape: Pick<ModelShape, 'layers' | 'experts'>): readonly RoutingFault[] {
  const faults: RoutingFault[] = [];
  const fault = (field: string, message: string): void => void faults.push({ field, message });
  for (const key of Object.keys(routing)) if (!KEYS.includes(key)) fault(key, `routing.${key} is not known; known are ${KEYS.join(', ')}.`);
  if (!GATINGS.includes(routing.gating)) fault('gating', `routing.gating ${JSON.stringify(routing.gating)} is not known; known are ${GATINGS.join(', ')}.`);
  if (!isCount(routing.topK, 1, shape.experts)) fault('topK', `routing.topK is ${routing.topK}; it must be between 1 and the number of experts, ${shape.experts}.`);
  if (typeof routing.normalise !== 'boolean') fault('normalise', 'routing.normalise must be true or false.');
  checkFixed(routing, fault);
  checkGroups(routing, shape, fault);
  checkExtras(routing, shape, fault);
  checkSelectionBias(routing, shape, fault);
  checkCapacity(routing, shape, fault);
  checkQuotas(routing, shape, fault);
  if (routing.fallback !== undefined) checkFallback(routing.fallback, routing, shape, fault);
  return faults;
}

type Report = (field: string, message: string) => void;
type Shape = Pick<ModelShape, 'layers' | 'experts'>;

function checkFixed({ gating, topK, normalise, sharedExperts }: RoutingSettings, fault: Report): void {
  const fixed = FIXED[gating];
  if (fixed && normalise !== fixed.normalise) fault('normalise', `routing.normalise must be ${fixed.normalise} with ${gating}: the rule says so.`);
  const routed = topK - (sharedExperts?.length ?? 0);
  if (fixed?.topK !== undefined && routed !== fixed.topK) fault('topK', `${gating} routes to ${fixed.topK}; routing.topK without shared experts is ${routed}.`);
}

function checkGroups({ gating, topK, selectionGroups, sharedExperts }: RoutingSettings, { experts }: Shape, fault: Report): void {
  if (selectionGroups === undefined) {
    if (gating === 'two-level') fault('selectionGroups', 'two-level needs routing.selectionGroups: give groups and keep.');
    return;
  }
  if (gating !== 'sigmoid-bias' && gating !== 'two-level') return fault('selectionGroups', `routing.selectionGroups belongs to sigmoid-bias and two-level, not to ${gating}.`);
  const { groups, keep } = selectionGroups;
  if (!isCount(groups, 1, experts) || experts % groups !== 0) return fault('selectionGroups.groups', `routing.selectionGroups.groups is ${groups}; it must divide the number of experts, ${experts}.`);
  if (!isCount(keep, 1, groups)) return fault('selectionGroups.keep', `routing.selectionGroups.keep is ${keep}; it must be between 1 and ${groups}.`);
  const routed = topK - (sharedExperts?.length ?? 0);
  const room = (experts / groups) * keep;
  if (routed > room) fault('topK', `routing.topK routes to ${routed} experts, and the kept groups hold ${room}.`);
  if (gating === 'two-level' && routed % keep !== 0) fault('topK', `two-level takes as many experts of each kept group: ${keep} must divide ${routed}.`);
}

function checkExtras({ gating, topK, scale, noise, sharedExperts }: RoutingSettings, { experts }: Shape, fault: Report): void {
  if (scale !== undefined && !(isPositive(scale, MAX_SCALE))) fault('scale', `routing.scale is ${scale}; it must be above 0 and at most ${MAX_SCALE}.`);
  if (noise !== undefined && gating !== 'noisy-topk') fault('noise', `routing.noise belongs to noisy-topk, not to ${gating}.`);
  else if (noise !== undefined && !isPositive(noise.deviation, MAX_DEVIATION)) fault('noise.deviation', `routing.noise.deviation is ${noise.deviation}; it must be above 0 and at most ${MAX_DEVIATION}.`);
  if (sharedExperts === undefined) return;
  if (gating === 'expert-choice') fault('sharedExperts', 'The engine serves no shared experts with expert-choice.');
  if (!Array.isArray(sharedExperts) || sharedExperts.length === 0 || new Set(sharedExperts).size !== sharedExperts.length || !sharedExperts.every((expert) => isCount(expert, 0, experts - 1))) {
    fault('sharedExperts', `routing.sharedExperts must name different experts between 0 and ${experts - 1}; leave it out for none.`);
  } else if (sharedExperts.length >= topK) fault('sharedExperts', `routing.topK counts shared experts too: ${sharedExperts.length} of ${topK} leave none for the router.`);
}

function checkSelectionBias({ gating, selectionBias }: RoutingSettings, { layers, experts }: Shape, fault: Report): void {
  if (selectionBias === undefined) return;
  if (!BIASED.includes(gating)) return fault('selectionBias', `The engine has no routing.selectionBias with ${gating}; it has with ${BIASED.join(', ')}.`);
  if (!Array.isArray(selectionBias) || selectionBias.length !== layers) return fault('selectionBias', `routing.selectionBias must hold a list for each of the ${layers} layers.`);
  for (const [layer, row] of selectionBias.entries()) {
    const isRow = Array.isArray(row) && row.length === experts && row.every((value) => Number.isFinite(value) && Math.abs(value) <= MAX_BIAS);
    if (!isRow) fault(`selectionBias.${layer}`, `routing.selectionBias.${layer} must hold ${experts} numbers between -${MAX_BIAS} and ${MAX_BIAS}.`);
  }
}

function checkCapacity({ gating, capacity }: RoutingSettings, shape: Shape, fault: Report): void {
  if (capacity === undefined) return;
  const { factor, policy, scope, limits } = capacity;
  if (!isPositive(factor, MAX_FACTOR)) fault('capacity.factor', `routing.capacity.factor is ${factor}; it must be above 0 and at most ${MAX_FACTOR}.`);
  if (!OVERFLOW_POLICIES.includes(policy)) fault('capacity.policy', `routing.capacity.policy ${JSON.stringify(policy)} is not known; known are ${OVERFLOW_POLICIES.join(', ')}.`);
  if (scope !== 'request' && scope !== 'batch') fault('capacity.scope', `routing.capacity.scope ${JSON.stringify(scope)} is not known; give request or batch.`);
  if (gating === 'expert-choice' && (scope !== 'batch' || policy !== 'drop' || limits !== undefined)) {
    fault('capacity', 'Experts that choose take as many rows of the step as their capacity allows: with expert-choice give scope batch, policy drop and no limits.');
  }
  if (limits === undefined) return;
  if (!Array.isArray(limits) || limits.length > MAX_ENTRIES) return fault('capacity.limits', `routing.capacity.limits must be a list of at most ${MAX_ENTRIES}.`);
  const seen = new Set<string>();
  for (const [at, { layer, expert, tokens }] of limits.entries()) {
    const field = `capacity.limits.${at}`;
    checkPlace(layer, expert, field, shape, fault);
    if (!isCount(tokens, 0, Number.MAX_SAFE_INTEGER)) fault(`${field}.tokens`, `routing.${field}.tokens is ${tokens}; it must be a whole number from 0 on.`);
    if (seen.has(`${layer}/${expert}`)) fault(field, `routing.${field} names expert ${layer}/${expert} again; give each one limit.`);
    seen.add(`${layer}/${expert}`);
  }
}

function checkQuotas({ gating, quotas }: RoutingSettings, shape: Shape, fault: Report): void {
  if (quotas === undefined) return;
  if (gating === 'expert-choice') fault('quotas', 'The engine has no quotas with expert-choice: its experts take equally many rows already.');
  if (!Array.isArray(quotas) || quotas.length === 0 || quotas.length > MAX_ENTRIES) return fault('quotas', `routing.quotas must be a list of 1 to ${MAX_ENTRIES}; leave it out for none.`);
  for (const [at, { layer, expert, tokensPerSecond, tokensPerBatch, tenant }] of quotas.entries()) {
    const field = `quotas.${at}`;
    checkPlace(layer, expert, field, shape, fault);
    if (tokensPerSecond === undefined && tokensPerBatch === undefined) fault(field, `routing.${field} limits nothing; give tokensPerSecond or tokensPerBatch.`);
    if (tokensPerSecond !== undefined && !isPositive(tokensPerSecond, 1e9)) fault(`${field}.tokensPerSecond`, `routing.${field}.tokensPerSecond is ${tokensPerSecond}; it must be above 0 and at most 1e9.`);
    if (tokensPerBatch !== undefined && !isCount(tokensPerBatch, 0, Number.MAX_SAFE_INTEGER)) fault(`${field}.tokensPerBatch`, `routing.${field}.tokensPerBatch is ${tokensPerBatch}; it must be a whole number from 0 on.`);
    if (tenant !== undefined && (typeof tenant !== 'string' || tenant === '')) fault(`${field}.tenant`, `routing.${field}.tenant must be a tenant's name; leave it out for all.`);
  }
}

function checkPlace(layer: number, expert: number, field: string, { layers, experts }: Shape, fault: Report): void {
  if (!isCount(layer, 0, layers - 1)) fault(`${field}.layer`, `routing.${field}.layer is ${layer}; the model has layers 0 to ${layers - 1}.`);
  if (!isCount(expert, 0, experts - 1)) fault(`${field}.expert`, `routing.${field}.expert is ${expert}; a layer has experts 0 to ${experts - 1}.`);
}

function checkFallback(fallback: FallbackSettings, { gating, sharedExperts }: RoutingSettings, { layers, experts }: Shape, fault: Report): void {
  const { ladder, generalists, denseModel, minConfidence, coldStart } = fallback;
  if (ladder !== undefined && (!Array.isArray(ladder) || ladder.length === 0 || new Set(ladder).size !== ladder.length || !ladder.every((rung) => RUNGS.includes(rung)))) {
    fault('fallback.ladder', `routing.fallback.ladder must name different rungs of ${RUNGS.join(', ')}.`);
  }
  if (generalists !== undefined) {
    if (!Array.isArray(generalists) || generalists.length !== layers || !generalists.every((expert) => isCount(expert, 0, experts - 1))) {
      fault('fallback.generalists', `routing.fallback.generalists must name one expert between 0 and ${experts - 1} for each of the ${layers} layers.`);
    } else if (sharedExperts?.some((expert) => generalists.includes(expert))) fault('fallback.generalists', 'A shared expert serves every token already; name another as generalist.');
    if (gating === 'expert-choice') fault('fallback.generalists', 'The engine has no generalist path with expert-choice.');
  }
  if (ladder?.includes('generalist') && generalists === undefined) fault('fallback.generalists', 'The ladder has the rung generalist: name one for each layer.');
  if (denseModel !== undefined && (typeof denseModel !== 'string' || denseModel === '')) fault('fallback.denseModel', 'routing.fallback.denseModel must be a served name.');
  if (coldStart !== undefined && (coldStart !== 'generalist' || generalists === undefined)) fault('fallback.coldStart', "routing.fallback.coldStart must be 'generalist', and generalists must name one for each layer.");
  if (minConfidence === undefined) return;
  if (!(minConfidence > 0 && minConfidence <= 1)) fault('fallback.minConfidence', `routing.fallback.minConfidence is ${minConfidence}; it must be above 0 and at most 1.`);
  if (generalists === undefined) fault('fallback.generalists', 'minConfidence sends decisions to generalists: name one for each layer.');
}

function isCount(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most;
}

function isPositive(value: unknown, most: number): boolean {
  return typeof value === 'number' && value > 0 && value <= most;
}
