import { type DataRule } from '../api/gen/types.gen.ts';

interface RuleChange {
  readonly id: string;
  readonly kind: 'added' | 'removed' | 'changed';
  readonly before: DataRule | null;
  readonly after: DataRule | null;
}

/** What one rule set has that another has not, rule by rule; rules are told apart by their ids. */
export function diffRules(before: readonly DataRule[], after: readonly DataRule[]): readonly RuleChange[] {
  const old = new Map(before.map((rule) => [rule.id, rule]));
  const fresh = new Map(after.map((rule) => [rule.id, rule]));
  return [
    ...after.flatMap((rule): RuleChange[] => {
      const was = old.get(rule.id);
      if (was === undefined) return [{ id: rule.id, kind: 'added', before: null, after: rule }];
      return ruleText(was) === ruleText(rule) ? [] : [{ id: rule.id, kind: 'changed', before: was, after: rule }];
    }),
    ...before.filter(({ id }) => !fresh.has(id)).map((rule): RuleChange => ({ id: rule.id, kind: 'removed', before: rule, after: null })),
  ];
}

const LABELS = { tenants: 'tenant', regions: 'region', dataClasses: 'data class', licences: 'licence' } as const;

/** Which requests a rule is about, in words: tenant bank or insurer, region eu. */
export function ruleScope(rule: DataRule): string {
  const parts = (Object.keys(LABELS) as (keyof typeof LABELS)[]).flatMap((field) => (rule[field] === undefined ? [] : [`${LABELS[field]} ${rule[field].join(' or ')}`]));
  return parts.length === 0 ? 'all requests' : `requests of ${parts.join(', ')}`;
}

/** A rule as a sentence, without its id. */
export function ruleText(rule: DataRule): string {
  const said = rule.effect === 'allow-only' ? `${rule.expert} serves only ${ruleScope(rule)}` : `${rule.expert} never serves ${ruleScope(rule)}`;
  return rule.note === undefined || rule.note === '' ? said : `${said} (${rule.note})`;
}
