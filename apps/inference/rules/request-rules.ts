import { type AppliedRules, MAX_APPLIED_RULES } from '#libs/contract/capture/request-record';
import { type OpenAiFailure } from '#libs/contract/openai/error';
import { decideExpertMask, type MaskDecision, maskedShape } from '#libs/governance/data-rules/decide-expert-mask';
import { type DataRuleSet, type RuleLabels } from '#libs/governance/data-rules/rule-set';
import { type ExpertMask } from '#libs/moe/expert-mask';
import { type ReleaseManifest } from '#libs/release/manifest';
import { type RulesOfModel } from './rules-in-force.ts';

/** What the data rules say of one request on one release. */
export type Ruling =
  | {
      readonly reason: 'no-rules' | 'unrestricted' | 'masked';
      readonly mask: ExpertMask | null;
      /** For the record; null where the model has no rules. */
      readonly applied: AppliedRules | null;
    }
  | { readonly reason: 'rules-unknown' | 'no-expert-left'; readonly failure: OpenAiFailure };

interface RuledRelease {
  readonly model: string;
  readonly releaseId: string;
  readonly manifest: ReleaseManifest;
}

/** Rulings kept: few rule sets and releases, times the label sets in use. */
const MAX_RULINGS = 4096;
/** Rule ids that a refusal names. */
const MAX_NAMED = 10;
const RETRY_AFTER_SECONDS = 5;

const NO_RULES: Ruling = { reason: 'no-rules', mask: null, applied: null };

/** Rules requests by what is in force when they are admitted; a request keeps its ruling to its end. */
export class RequestRules {
  readonly #rulings = new Map<string, Ruling>();
  #refused = new Map<string, number>();

  constructor(private readonly rules: { of(model: string): RulesOfModel }) {}

  rule(release: RuledRelease, { tenant, region, dataClass, licence }: RuleLabels): Ruling {
    const ruleSet = this.rules.of(release.model);
    if (ruleSet === null) return NO_RULES;
    if (ruleSet === 'unknown') return { reason: 'rules-unknown', failure: unknown(release.model) };
    const labels = { tenant, region, dataClass, licence };
    const key = `${ruleSet.digest} ${release.releaseId} ${JSON.stringify([tenant, region, dataClass, licence])}`;
    const known = this.#rulings.get(key);
    if (known) return known;
    const ruling = rulingOf(decideExpertMask(ruleSet, maskedShape(release.manifest), labels), ruleSet, labels);
    const [oldest] = this.#rulings.keys();
    if (this.#rulings.size >= MAX_RULINGS && oldest !== undefined) this.#rulings.delete(oldest);
    this.#rulings.set(key, ruling);
    return ruling;
  }

  /** Counts a request that was refused because no expert was left. */
  countRefused(releaseId: string): void {
    this.#refused.set(releaseId, (this.#refused.get(releaseId) ?? 0) + 1);
  }

  /** Requests refused since the last call, by release. */
  takeRefused(): ReadonlyMap<string, number> {
    const refused = this.#refused;
    this.#refused = new Map();
    return refused;
  }
}

function rulingOf({ reason, masked, experts, reasons, refused }: MaskDecision, { digest }: DataRuleSet, { region, dataClass, licence }: RuleLabels): Ruling {
  if (refused) return { reason: 'no-expert-left', failure: noExpertLeft(refused) };
  const applied = { digest, maskedExperts: experts.length, ruleIds: reasons.slice(0, MAX_APPLIED_RULES), labels: { region, dataClass, licence } };
  return { reason: reason === 'masked' ? 'masked' : 'unrestricted', mask: masked, applied };
}

function noExpertLeft({ layer, rules }: NonNullable<MaskDecision['refused']>): OpenAiFailure {
  const named = rules.slice(0, MAX_NAMED).join(', ') + (rules.length > MAX_NAMED ? ` and ${rules.length - MAX_NAMED} more` : '');
  return {
    status: 403,
    type: 'permission_error',
    code: 'data_rules_exclude_all_experts',
    param: 'metadata',
    message: `The data-handling rules leave no expert in layer ${layer} for this request (rules ${named}). Check the labels in 'metadata': tenant, region, data_class, licence; or ask the operator about the rules.`,
  };
}

function unknown(model: string): OpenAiFailure {
  return {
    status: 503,
    type: 'server_error',
    code: 'data_rules_unknown',
    param: null,
    message: `The data-handling rules of '${model.slice(0, 128)}' cannot be read, so no request may run yet. Try again shortly.`,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  };
}
