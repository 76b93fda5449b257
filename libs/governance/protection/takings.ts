import { expertName, type Sha256 } from '#libs/release/component';
import { type ReleaseManifest } from '#libs/release/manifest';
import { canonicalJson } from '#libs/release/manifest-digest';
import { type DataRule, parseRuleExpert } from '../data-rules/rule-set.ts';

/** An expert of a model that must not be taken away without evidence. A place: whichever version serves there. */
export interface ProtectedExpert {
  readonly layer: number;
  readonly expert: number;
  /** Why it is protected. */
  readonly reason: string;
}

/** How an act takes an expert away, from all requests or from some. */
export type TakingAct = 'quarantine' | 'recall' | 'mask' | 'quota' | 'replace';

/** A protected expert that an act takes away. */
export interface Taking extends ProtectedExpert {
  readonly act: TakingAct;
  /** What does it, for people. */
  readonly by: string;
}

type Manifest = Pick<ReleaseManifest, 'components' | 'routing'>;

/** Protected experts that answer otherwise, or less, once `after` serves in place of `before`. */
export function takenByRelease(before: Manifest, after: Manifest, guarded: readonly ProtectedExpert[]): Taking[] {
  return guarded.flatMap((one): Taking[] => {
    const name = expertName(one.layer, one.expert);
    const [was, is] = [before.components[name], after.components[name]];
    if (was === undefined) return [];
    if (was !== is) return [{ ...one, act: 'replace' as const, by: is === undefined ? 'a release without it' : `version ${is.slice(0, 12)} in its place` }];
    const by = tighter(before, after, one);
    return by === null ? [] : [{ ...one, act: 'quota' as const, by }];
  });
}

/** What bounds an expert in `after` that did not in `before`; null: nothing does. */
function tighter({ routing: before }: Manifest, { routing: after }: Manifest, { layer, expert }: ProtectedExpert): string | null {
  const isIt = (one: { readonly layer: number; readonly expert: number }): boolean => one.layer === layer && one.expert === expert;
  for (const quota of (after.quotas ?? []).filter(isIt)) {
    const same = (before.quotas ?? []).filter(isIt).find(({ tenant }) => tenant === quota.tenant);
    if (isLower(same?.tokensPerSecond, quota.tokensPerSecond)) return `a quota of ${quota.tokensPerSecond} tokens a second`;
    if (isLower(same?.tokensPerBatch, quota.tokensPerBatch)) return `a quota of ${quota.tokensPerBatch} tokens a batch`;
  }
  const { capacity } = after;
  if (!capacity) return null;
  const limit = capacity.limits?.find(isIt);
  if (limit && isLower(before.capacity?.limits?.find(isIt)?.tokens, limit.tokens)) return `a limit of ${limit.tokens} tokens`;
  // Padding serves what is above the capacity all the same.
  if (capacity.policy === 'pad') return null;
  const bounded = before.capacity && before.capacity.policy !== 'pad' ? before.capacity.factor : undefined;
  return isLower(bounded, capacity.factor) ? `a capacity factor of ${capacity.factor}` : null;
}

/** Whether a bound was set or lowered. undefined: none. */
function isLower(before: number | undefined, after: number | undefined): boolean {
  return after !== undefined && (before === undefined || after < before);
}

/**
 * Protected experts that rules keep from requests and that the rules before did not. Rules that stood before stay
 * as they are; one that is altered counts as new.
 * @param components of the release that serves, to tell where a version is
 */
export function takenByRules(before: readonly DataRule[], after: readonly DataRule[], components: Readonly<Record<string, Sha256>>, guarded: readonly ProtectedExpert[]): Taking[] {
  const known = new Set(before.map((rule) => canonicalJson(effectOf(rule))));
  const added = after.filter((rule) => !known.has(canonicalJson(effectOf(rule))));
  return guarded.flatMap((one) => {
    const name = expertName(one.layer, one.expert);
    const rule = added.find(({ expert }) => {
      const target = parseRuleExpert(expert);
      return target?.kind === 'place' ? target.name === name : target !== null && components[name] === target.sha256;
    });
    return rule ? [{ ...one, act: 'mask' as const, by: `data rule ${rule.id}` }] : [];
  });
}

/** What a rule does, without what is said about it. */
function effectOf({ expert, effect, tenants, regions, dataClasses, licences }: DataRule): Omit<DataRule, 'id'> {
  return Object.fromEntries(Object.entries({ expert, effect, tenants, regions, dataClasses, licences }).filter(([, value]) => value !== undefined)) as unknown as Omit<DataRule, 'id'>;
}

/** Protected experts whose version in the release that serves is withdrawn. */
export function takenByRecall(sha256: Sha256, components: Readonly<Record<string, Sha256>>, guarded: readonly ProtectedExpert[]): Taking[] {
  return guarded.filter(({ layer, expert }) => components[expertName(layer, expert)] === sha256).map((one) => ({ ...one, act: 'recall' as const, by: `the recall of version ${sha256.slice(0, 12)}` }));
}
