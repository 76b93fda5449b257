import { type MaskedShape, maskBy } from './decide-expert-mask.ts';
import { type DataRule, parseRuleExpert, RULE_LISTS } from './rule-set.ts';

export const RULE_LIMITS = { rules: 1000, listEntries: 100, idCharacters: 64, labelCharacters: 64, noteCharacters: 500 } as const;

/** Tenants looked at for warnings; more are named by no sensible rule set. */
const MAX_TENANTS = 1000;

export type RuleFaultReason = 'too-many-rules' | 'malformed-id' | 'duplicate-id' | 'unknown-expert' | 'list-too-long' | 'empty-list' | 'malformed-label' | 'note-too-long';

export interface RuleFault {
  readonly reason: RuleFaultReason;
  /** Path of the field at fault, such as `rules[3].expert`. */
  readonly field: string;
  readonly message: string;
}

export interface RuleWarning {
  readonly reason: 'no-expert-left' | 'too-few-experts' | 'allows-all' | 'denies-all';
  /** The tenant concerned; null for requests of any tenant that no rule names, or of none. */
  readonly tenant: string | null;
  readonly layer: number | null;
  readonly rules: readonly string[];
  readonly message: string;
}

/** What is known of a model's releases, to tell an expert from a slip. */
export interface KnownExperts {
  readonly shapes: readonly { readonly layers: number; readonly experts: number }[];
  /** Versions of experts, without `sha256:`. */
  readonly versions: ReadonlySet<string>;
}

const ID = /^[A-Za-z0-9][\w.:-]{0,63}$/;
const LABEL = /^[\w.:-]{1,64}$/;

/** Everything that keeps rules from being a rule set, in order; an empty list means they are sound. */
export function faultsOf(rules: readonly DataRule[], known: KnownExperts): readonly RuleFault[] {
  if (rules.length > RULE_LIMITS.rules) {
    return [{ reason: 'too-many-rules', field: 'rules', message: `${rules.length} rules are above the limit of ${RULE_LIMITS.rules}; name several labels in one rule.` }];
  }
  const faults: RuleFault[] = [];
  const ids = new Set<string>();
  for (const [at, rule] of rules.entries()) {
    const fault = (reason: RuleFaultReason, field: string, message: string) => void faults.push({ reason, field: `rules[${at}].${field}`, message });
    if (!ID.test(rule.id)) fault('malformed-id', 'id', 'give 1 to 64 letters, digits or _ . : -, a letter or digit first.');
    if (ids.has(rule.id)) fault('duplicate-id', 'id', `the id ${rule.id} occurs twice; each rule needs its own.`);
    ids.add(rule.id);
    const expert = expertFault(rule.expert, known);
    if (expert !== null) fault('unknown-expert', 'expert', expert);
    for (const [list] of RULE_LISTS) checkList(list, rule[list], fault);
    if ((rule.note?.length ?? 0) > RULE_LIMITS.noteCharacters) fault('note-too-long', 'note', `give at most ${RULE_LIMITS.noteCharacters} characters.`);
  }
  return faults;
}

function checkList(list: string, values: readonly string[] | undefined, fault: (reason: RuleFaultReason, field: string, message: string) => void): void {
  if (values === undefined) return;
  if (values.length === 0) fault('empty-list', list, 'is empty; leave it out to match any label, or name one.');
  if (values.length > RULE_LIMITS.listEntries) fault('list-too-long', list, `has ${values.length} entries; a rule takes ${RULE_LIMITS.listEntries}.`);
  const wrong = values.findIndex((value) => !LABEL.test(value));
  if (wrong !== -1) fault('malformed-label', `${list}[${wrong}]`, 'give 1 to 64 letters, digits or _ . : -, as in the metadata of requests.');
}

function expertFault(expert: string, { shapes, versions }: KnownExperts): string | null {
  const target = parseRuleExpert(expert);
  if (!target) return 'give expert/<layer>/<index>, or sha256: and the 64 digits of a component version.';
  if (target.kind === 'version') return versions.has(target.sha256) ? null : 'no expert of this model has this version; GET /api/v1/releases/{releaseId} lists them.';
  return shapes.some(({ layers, experts }) => target.layer < layers && target.expert < experts) ? null : 'no release of this model has this expert; layers and experts count from 0.';
}

/**
 * What is allowed but hardly meant: rules that say nothing or lock an expert for everybody, and tenants
 * whose every request would find too few experts or none, whatever its other labels.
 */
export function warningsOf(rules: readonly DataRule[], shape: MaskedShape): readonly RuleWarning[] {
  const warnings: RuleWarning[] = [];
  for (const rule of rules) {
    if (RULE_LISTS.some(([list]) => rule[list] !== undefined)) continue;
    const [reason, what] = rule.effect === 'deny' ? (['denies-all', 'keeps its expert from every request'] as const) : (['allows-all', 'restricts nothing'] as const);
    warnings.push({ reason, tenant: null, layer: null, rules: [rule.id], message: `Rule ${rule.id} names no label, so it ${what}.` });
  }
  const tenants = [...new Set(rules.flatMap((rule) => rule.tenants ?? []))].slice(0, MAX_TENANTS);
  for (const tenant of [null, ...tenants]) {
    const { refused, tooFew } = maskBy(rules.filter((rule) => masksAllOf(rule, tenant)), shape);
    const who = tenant === null ? 'Requests of a tenant that no rule names' : `Requests of tenant ${tenant}`;
    if (refused) warnings.push({ reason: 'no-expert-left', tenant, layer: refused.layer, rules: refused.rules, message: `${who} would all be refused: layer ${refused.layer} has no expert left.` });
    else if (tooFew[0] !== undefined) {
      warnings.push({ reason: 'too-few-experts', tenant, layer: tooFew[0], rules: [], message: `${who} would run with fewer than ${shape.topK} experts in ${tooFew.length === 1 ? 'layer' : 'layers'} ${tooFew.join(', ')}.` });
    }
  }
  return warnings;
}

/** Whether a rule masks its expert for every request of a tenant, whatever its other labels are. */
function masksAllOf(rule: DataRule, tenant: string | null): boolean {
  const named = tenant !== null && rule.tenants?.includes(tenant) === true;
  if (rule.effect === 'allow-only') return rule.tenants !== undefined && !named;
  const onlyTenants = rule.regions === undefined && rule.dataClasses === undefined && rule.licences === undefined;
  return onlyTenants && (rule.tenants === undefined || named);
}
