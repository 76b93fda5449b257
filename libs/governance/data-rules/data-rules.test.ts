import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMasked, maskedCount } from '#libs/moe/expert-mask';
import { expertName } from '#libs/release/component';
import { faultsOf, RULE_LIMITS, warningsOf } from './check-rules.ts';
import { decideExpertMask, type MaskedShape } from './decide-expert-mask.ts';
import { type DataRule, RULE_LISTS, type RuleLabels, ruleSetDigest } from './rule-set.ts';

const LAYERS = 3;
const EXPERTS = 5;
const TOP_K = 2;
/** Two places share a version, as releases may. */
const versionOf = (layer: number, expert: number) => (layer === 2 ? versionAt(1, expert) : versionAt(layer, expert));
const versionAt = (layer: number, expert: number) => `${layer}${expert}`.repeat(32);
const SHAPE: MaskedShape = {
  layers: LAYERS,
  experts: EXPERTS,
  topK: TOP_K,
  components: Object.fromEntries(
    Array.from({ length: LAYERS * EXPERTS }, (_, place) => [expertName(Math.floor(place / EXPERTS), place % EXPERTS), versionOf(Math.floor(place / EXPERTS), place % EXPERTS)]),
  ),
};
const ANYBODY: RuleLabels = { tenant: '', region: '', dataClass: '', licence: '' };

const values = ['a', 'b', 'c'];
const list = fc.option(fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 }), { nil: undefined });
const place = fc.tuple(fc.nat(LAYERS - 1), fc.nat(EXPERTS - 1));
const rule: fc.Arbitrary<Omit<DataRule, 'id'>> = fc
  .record({
    expert: fc.oneof(place.map(([layer, expert]) => expertName(layer, expert)), place.map(([layer, expert]) => `sha256:${versionOf(layer, expert)}`)),
    effect: fc.constantFrom('allow-only' as const, 'deny' as const),
    tenants: list, regions: list, dataClasses: list, licences: list,
  })
  .map(({ tenants, regions, dataClasses, licences, ...rest }) => ({ ...rest, ...(tenants && { tenants }), ...(regions && { regions }), ...(dataClasses && { dataClasses }), ...(licences && { licences }) }));
const rules = fc.array(rule, { maxLength: 12 }).map((all): DataRule[] => all.map((one, at) => ({ ...one, id: `r${at}` })));
const label = fc.constantFrom('', ...values);
const labels: fc.Arbitrary<RuleLabels> = fc.record({ tenant: label, region: label, dataClass: label, licence: label });

/** The definition once more, expert by expert. */
function mayServe(all: readonly DataRule[], layer: number, expert: number, of: RuleLabels): boolean {
  return all
    .filter((one) => one.expert === expertName(layer, expert) || one.expert === `sha256:${versionOf(layer, expert)}`)
    .every((one) => {
      const matches = RULE_LISTS.every(([name, from]) => !one[name] || one[name].includes(of[from]));
      return one.effect === 'deny' ? !matches : matches;
    });
}

describe('decideExpertMask', () => {
  it('masks exactly the experts that a rule keeps from serving, and names those rules', () => {
    fc.assert(
      fc.property(rules, labels, (all, of) => {
        const decision = decideExpertMask({ rules: all }, SHAPE, of);
        const left = [...Array(LAYERS).keys()].map((layer) => [...Array(EXPERTS).keys()].filter((expert) => mayServe(all, layer, expert, of)).length);
        for (let layer = 0; layer < LAYERS; layer++) {
          for (let expert = 0; expert < EXPERTS; expert++) {
            const masked = decision.masked !== null && isMasked(decision.masked, layer, expert);
            expect(masked).toBe(!mayServe(all, layer, expert, of));
            const told = decision.experts.find((one) => one.layer === layer && one.expert === expert);
            expect(told !== undefined).toBe(masked);
            for (const id of told?.rules ?? []) expect(mayServe(all.filter((one) => one.id === id), layer, expert, of)).toBe(false);
          }
          if (decision.masked) expect(maskedCount(decision.masked, layer)).toBe(EXPERTS - left[layer]!);
        }
        expect(decision.tooFew).toEqual([...left.keys()].filter((layer) => left[layer]! > 0 && left[layer]! < TOP_K));
        expect(decision.refused?.layer ?? -1).toBe(left.indexOf(0));
        expect(decision.reason).toBe(left.includes(0) ? 'no-expert-left' : left.some((count) => count < EXPERTS) ? 'masked' : 'unrestricted');
        expect(new Set(decision.reasons)).toEqual(new Set(decision.experts.flatMap((one) => one.rules)));
      }),
      { numRuns: 400 },
    );
  });

  it('takes a label that the request lacks for no match', () => {
    const only: DataRule = { id: 'eu', expert: 'expert/0/1', effect: 'allow-only', regions: ['eu'] };
    expect(decideExpertMask({ rules: [only] }, SHAPE, ANYBODY).reasons).toEqual(['eu']);
    expect(decideExpertMask({ rules: [only] }, SHAPE, { ...ANYBODY, region: 'eu' }).reason).toBe('unrestricted');
    expect(decideExpertMask({ rules: [{ ...only, effect: 'deny' }] }, SHAPE, ANYBODY).reason).toBe('unrestricted');
  });

  it('follows a version into every place of a release, and is silent where the release lacks it', () => {
    const deny: DataRule = { id: 'gone', expert: `sha256:${versionAt(1, 3)}`, effect: 'deny' };
    expect(decideExpertMask({ rules: [deny] }, SHAPE, ANYBODY).experts.map(({ layer, expert }) => [layer, expert])).toEqual([[1, 3], [2, 3]]);
    expect(decideExpertMask({ rules: [{ ...deny, expert: `sha256:${'f'.repeat(64)}` }] }, SHAPE, ANYBODY)).toMatchObject({ masked: null, reasons: [] });
    expect(decideExpertMask({ rules: [{ ...deny, expert: 'expert/7/0' }] }, SHAPE, ANYBODY).masked).toBeNull();
  });
});

describe('rule sets', () => {
  const known = { shapes: [{ layers: LAYERS, experts: EXPERTS }], versions: new Set(Object.values(SHAPE.components)) };
  const sound: DataRule = { id: 'r', expert: 'expert/0/0', effect: 'deny', tenants: ['acme'] };

  it('have a digest of their own in each generation, whatever the order of fields', () => {
    expect(ruleSetDigest('m', 1, [sound])).toBe(ruleSetDigest('m', 1, [{ tenants: ['acme'], effect: 'deny', expert: 'expert/0/0', id: 'r' }]));
    expect(new Set([ruleSetDigest('m', 1, [sound]), ruleSetDigest('m', 2, [sound]), ruleSetDigest('n', 1, [sound]), ruleSetDigest('m', 1, [])]).size).toBe(4);
  });

  it.each<[string, Partial<DataRule>, string]>([
    ['unknown-expert', { expert: 'expert/9/0' }, 'rules[0].expert'],
    ['unknown-expert', { expert: `sha256:${'e'.repeat(64)}` }, 'rules[0].expert'],
    ['unknown-expert', { expert: 'router/0' }, 'rules[0].expert'],
    ['malformed-id', { id: 'no blanks' }, 'rules[0].id'],
    ['empty-list', { regions: [] }, 'rules[0].regions'],
    ['malformed-label', { licences: ['ok', 'not ok'] }, 'rules[0].licences[1]'],
    ['list-too-long', { tenants: Array.from({ length: RULE_LIMITS.listEntries + 1 }, (_, at) => `t${at}`) }, 'rules[0].tenants'],
    ['note-too-long', { note: 'x'.repeat(501) }, 'rules[0].note'],
  ])('are refused: %s %j', (reason, change, field) => {
    expect(faultsOf([{ ...sound, ...change }], known)).toMatchObject([{ reason, field }]);
    expect(faultsOf([sound], known)).toEqual([]);
  });

  it('are refused with two rules of one id, or too many', () => {
    expect(faultsOf([sound, sound], known)).toMatchObject([{ reason: 'duplicate-id', field: 'rules[1].id' }]);
    expect(faultsOf(Array.from({ length: RULE_LIMITS.rules + 1 }, (_, at) => ({ ...sound, id: `r${at}` })), known)).toMatchObject([{ reason: 'too-many-rules' }]);
  });

  it('warn only of tenants whose requests all find too few experts or none', () => {
    fc.assert(
      fc.property(rules, (all) => {
        const told = warningsOf(all, SHAPE);
        const everyLabel = ['', 'a', 'b', 'c', 'another'];
        for (const tenant of ['another', ...new Set(all.flatMap((one) => one.tenants ?? []))]) {
          const outcomes = everyLabel.flatMap((region) =>
            everyLabel.flatMap((dataClass) => everyLabel.map((licence) => decideExpertMask({ rules: all }, SHAPE, { tenant, region, dataClass, licence }))),
          );
          const warned = told.find((one) => one.reason === 'no-expert-left' && one.tenant === (tenant === 'another' ? null : tenant));
          if (warned) expect(outcomes.every(({ refused }) => refused !== null)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
    const locked = Array.from({ length: EXPERTS }, (_, expert): DataRule => ({ id: `r${expert}`, expert: expertName(1, expert), effect: 'allow-only', tenants: ['acme'] }));
    expect(warningsOf(locked, SHAPE)).toMatchObject([{ reason: 'no-expert-left', tenant: null, layer: 1 }]);
    expect(warningsOf(locked.slice(1), SHAPE)).toMatchObject([{ reason: 'too-few-experts', tenant: null, layer: 1 }]);
    expect(warningsOf([{ id: 'x', expert: 'expert/0/0', effect: 'deny' }], SHAPE)).toMatchObject([{ reason: 'denies-all', rules: ['x'] }]);
  });
});
