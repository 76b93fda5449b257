import { createHash } from 'node:crypto';
import { type ComponentName, type Sha256 } from '#libs/release/component';
import { canonicalJson } from '#libs/release/manifest-digest';

/**
 * `allow-only`: the expert may serve only requests that match the rule. `deny`: it must not serve
 * requests that match the rule. Where several rules name an expert, each of them must let it serve.
 */
export type RuleEffect = 'allow-only' | 'deny';

/**
 * Says which requests an expert may serve. A request matches when each list given holds its label; a
 * label that the request lacks is in no list. A rule without lists matches every request.
 */
export interface DataRule {
  /** Unique in its rule set. */
  readonly id: string;
  /** `expert/<layer>/<index>`, or `sha256:<hex>`: that version, in any release and place. */
  readonly expert: string;
  readonly effect: RuleEffect;
  readonly tenants?: readonly string[];
  readonly regions?: readonly string[];
  readonly dataClasses?: readonly string[];
  readonly licences?: readonly string[];
  /** Why the rule is there. */
  readonly note?: string;
}

/** The data-handling rules of a model. Never changed: an edit is the next generation. */
export interface DataRuleSet {
  readonly model: string;
  /** From 1; the highest is in force. */
  readonly generation: number;
  readonly rules: readonly DataRule[];
  /** See ruleSetDigest. */
  readonly digest: Sha256;
}

/** Labels of a request that rules look at; empty text for one that it lacks. */
export interface RuleLabels {
  readonly tenant: string;
  readonly region: string;
  readonly dataClass: string;
  readonly licence: string;
}

/** The lists of a rule, each with the label it speaks of. */
export const RULE_LISTS = [
  ['tenants', 'tenant'],
  ['regions', 'region'],
  ['dataClasses', 'dataClass'],
  ['licences', 'licence'],
] as const satisfies readonly (readonly [keyof DataRule, keyof RuleLabels])[];

/**
 * Identity of a rule set: SHA-256 of its canonical JSON. It covers model and generation, so it names
 * one entry of the history even where two generations hold the same rules.
 */
export function ruleSetDigest(model: string, generation: number, rules: readonly DataRule[]): Sha256 {
  return createHash('sha256').update(canonicalJson({ format: 'signalbox.data-rules/1', model, generation, rules }), 'utf8').digest('hex');
}

export type RuleTarget =
  | { readonly kind: 'place'; readonly name: ComponentName; readonly layer: number; readonly expert: number }
  | { readonly kind: 'version'; readonly sha256: Sha256 };

const PLACE = /^expert\/(0|[1-9]\d{0,4})\/(0|[1-9]\d{0,4})$/;
const VERSION = /^sha256:([0-9a-f]{64})$/;

/** What a rule's `expert` names; null when it is neither form. */
export function parseRuleExpert(expert: string): RuleTarget | null {
  const place = PLACE.exec(expert);
  if (place) return { kind: 'place', name: expert, layer: Number(place[1]), expert: Number(place[2]) };
  const version = VERSION.exec(expert);
  return version ? { kind: 'version', sha256: version[1] ?? '' } : null;
}

/** Whether a request with these labels matches the rule. */
export function matchesRule(rule: DataRule, labels: RuleLabels): boolean {
  return RULE_LISTS.every(([list, label]) => {
    const values = rule[list];
    return values === undefined || values.length === 0 || (labels[label] !== '' && values.includes(labels[label]));
  });
}

/** Whether the rule keeps its expert from serving a request with these labels. */
export function masks(rule: DataRule, labels: RuleLabels): boolean {
  return matchesRule(rule, labels) === (rule.effect === 'deny');
}
