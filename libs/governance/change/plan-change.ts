import { type ComponentName, parseComponentName, type Sha256 } from '#libs/release/component';
import { ComposeError, composeManifest } from '#libs/release/compose-manifest';
import { type ReleaseManifest } from '#libs/release/manifest';
import { canonicalJson, releaseIdOf } from '#libs/release/manifest-digest';
import { diffManifests } from '#libs/release/release-diff';
import { faultsOf, type KnownExperts, warningsOf } from '../data-rules/check-rules.ts';
import { type DataRule } from '../data-rules/rule-set.ts';
import { type ProtectedExpert, takenByRecall, takenByRelease, takenByRules, type Taking } from '../protection/takings.ts';
import { validatePlan } from '../rollout/validate-plan.ts';
import { type GovernanceMode } from './activation-gate.ts';
import { type ChangePayload, type Replacement, type Strategy, SUPPORTED_SETTINGS } from './change-payload.ts';
import { type ChangeBase, type ChangeEffect } from './change-request.ts';

/** The state now, as far as a change can concern it. null: there is none. */
export interface PlanFacts {
  /** The stable release of the model. */
  readonly stable: { readonly releaseId: Sha256; readonly manifest: ReleaseManifest } | null;
  /** The release that the payload names. */
  readonly release: { readonly releaseId: Sha256; readonly model: string; readonly manifest: ReleaseManifest } | null;
  /** Component versions that the payload names. */
  readonly components: ReadonlyMap<Sha256, { readonly kind: string; readonly isRecalled: boolean }>;
  /** Revision of the card of the version that the payload names; 0 where there is none. */
  readonly cardRevision: number | null;
  /** Data rules of the model; generation 0 where it has none. */
  readonly dataRules: { readonly generation: number; readonly rules: readonly DataRule[] };
  /** Shapes and expert versions of the model's releases, to tell an expert from a slip. */
  readonly knownExperts: KnownExperts;
  readonly mode: { readonly mode: GovernanceMode; readonly generation: number };
  readonly policyVersion: number;
  /** Experts of the model that are protected. */
  readonly guarded: readonly ProtectedExpert[];
}

export type PlanReason =
  | 'no-stable-release' | 'unknown-release' | 'release-of-another-model' | 'not-more-experts' | 'other-than-experts' | 'unknown-component-version' | 'component-of-another-kind'
  | 'component-recalled' | 'component-not-an-expert' | 'component-not-a-router' | 'unknown-component' | 'named-twice' | 'not-supported-yet' | 'changes-nothing' | 'not-composable'
  | 'invalid-rules' | 'no-expert-left' | 'already-retired' | 'invalid-rollout-plan';

export type Plan =
  /** `manifest` is that of the release to answer, where one is made or chosen; `warnings` are what is allowed but hardly meant; `takings` the protected experts that it takes away. */
  | { readonly planned: true; readonly base: ChangeBase; readonly effect: ChangeEffect; readonly manifest: ReleaseManifest | null; readonly warnings: readonly string[]; readonly takings: readonly Taking[] }
  | { readonly planned: false; readonly reason: PlanReason; readonly field: string; readonly detail: string };

type Refusal = Extract<Plan, { planned: false }>;
type Payload<T extends ChangePayload['type']> = Extract<ChangePayload, { type: T }>;

/**
 * Works out exactly what a change would write over the state given, and which facts it stands on. The
 * same payload over the same facts gives the same plan, so that its digest can be approved and later
 * be compared.
 */
export function planChange(payload: ChangePayload, facts: PlanFacts): Plan {
  switch (payload.type) {
    case 'replace-expert': return planReplacement(payload, 'expert', facts);
    case 'change-router': return planReplacement(payload, 'router', facts);
    case 'change-routing-settings': return planSettings(payload, facts);
    case 'add-expert': return planAddition(payload, facts);
    case 'activate': return planActivation(payload, facts);
    case 'retire-expert': return planRetirement(payload, facts);
    case 'change-data-rules': return planRules(payload.model, payload.rules, facts);
    case 'rescope-expert': return planCard(payload, facts);
    case 'recall': return planRecall(payload, facts);
    case 'change-policy': return { planned: true, base: { policyVersion: facts.policyVersion }, effect: { kind: 'policy', policies: payload.policies, limits: payload.limits }, manifest: null, warnings: [], takings: [] };
    case 'set-governance': return planGovernance(payload, facts);
  }
}

function planReplacement({ model, replace, strategy }: Payload<'replace-expert' | 'change-router'>, kind: 'expert' | 'router', facts: PlanFacts): Plan {
  if (!facts.stable) return noStable(model);
  const replacements: Record<ComponentName, Sha256> = {};
  for (const [index, one] of replace.entries()) {
    const refused = refuseReplacement(one, kind, index, facts);
    if (refused) return refused;
    if (Object.hasOwn(replacements, one.component)) return no('named-twice', `replace.${index}.component`, `${one.component} is named twice; name each component once.`);
    replacements[one.component] = one.sha256;
  }
  return planManifest(model, strategy, facts, (base) => composeManifest({ base, replace: replacements }));
}

function refuseReplacement({ component, sha256 }: Replacement, kind: 'expert' | 'router', index: number, { components }: PlanFacts): Refusal | null {
  const field = `replace.${index}`;
  if (parseComponentName(component)?.kind !== kind) {
    return kind === 'expert'
      ? no('component-not-an-expert', `${field}.component`, `${JSON.stringify(component)} is no expert; name one such as expert/3/5.`)
      : no('component-not-a-router', `${field}.component`, `${JSON.stringify(component)} is no router; name one such as router/3.`);
  }
  const version = components.get(sha256);
  if (!version) return no('unknown-component-version', `${field}.sha256`, `There is no component version ${sha256}; upload it, or import the checkpoint it comes from, first.`);
  if (version.kind !== kind) return no('component-of-another-kind', `${field}.sha256`, `${sha256} is a ${version.kind}, not a ${kind}.`);
  return version.isRecalled ? no('component-recalled', `${field}.sha256`, `${sha256} was recalled; choose another version.`) : null;
}

function planSettings({ model, settings, strategy }: Payload<'change-routing-settings'>, facts: PlanFacts): Plan {
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  const unknown = given.find(([name]) => !SUPPORTED_SETTINGS.includes(name));
  if (unknown) return no('not-supported-yet', `settings.${unknown[0]}`, `The engine of this version cannot change ${unknown[0]}; it can change ${SUPPORTED_SETTINGS.join(', ')}.`);
  return planManifest(model, strategy, facts, (base) => composeManifest({ base, routing: settings }));
}

function planManifest(model: string, strategy: Strategy, facts: PlanFacts, compose: (base: ReleaseManifest) => ReleaseManifest): Plan {
  if (!facts.stable) return noStable(model);
  try {
    return planRelease(model, strategy, compose(facts.stable.manifest), facts.stable, facts);
  } catch (error) {
    if (error instanceof ComposeError) return no(error.reason === 'unknown-component' ? 'unknown-component' : 'not-composable', error.field, error.message);
    throw error;
  }
}

function planRelease(model: string, strategy: Strategy, manifest: ReleaseManifest, stable: NonNullable<PlanFacts['stable']>, { guarded }: Pick<PlanFacts, 'guarded'>): Plan {
  const releaseId = releaseIdOf(manifest);
  const [fault] = strategy.kind === 'rollout' ? validatePlan({ ...strategy.plan, model, candidate: releaseId }) : [];
  if (fault) return no('invalid-rollout-plan', `strategy.plan.${fault.field}`, `${fault.remedy}.`);
  if (releaseId === stable.releaseId) return no('changes-nothing', '', `${model} already answers with exactly this release.`);
  const { components, settings } = diffManifests(stable.manifest, manifest);
  const facts = [
    ...components.map(({ name, before }) => [name, before] as const),
    ...settings.map(({ field, before }) => [field, typeof before === 'object' ? canonicalJson(before) : ((before ?? null) as string | number | boolean | null)] as const),
  ];
  return { planned: true, base: { stable: stable.releaseId, ...Object.fromEntries(facts) }, effect: { kind: 'release', model, releaseId, strategy }, manifest, warnings: [], takings: takenByRelease(stable.manifest, manifest, guarded) };
}

function planAddition(payload: Payload<'add-expert'>, facts: PlanFacts): Plan {
  const plan = planActivation(payload, facts);
  if (!plan.planned || !facts.stable || !facts.release) return plan;
  const { shape: before } = facts.stable.manifest;
  const { shape: after } = facts.release.manifest;
  if (after.experts <= before.experts) return no('not-more-experts', 'releaseId', `The release has ${after.experts} experts in each layer and the stable one ${before.experts}; import a checkpoint with more.`);
  if (canonicalJson({ ...after, experts: before.experts }) !== canonicalJson(before)) {
    return no('other-than-experts', 'releaseId', 'The release differs in more of its shape than the number of experts; ask for its activation instead.');
  }
  return plan;
}

function planActivation({ model, releaseId, strategy }: Payload<'activate' | 'add-expert'>, facts: PlanFacts): Plan {
  if (!facts.release) return no('unknown-release', 'releaseId', `There is no release ${releaseId}; GET /api/v1/releases lists those there are.`);
  if (facts.release.model !== model) return no('release-of-another-model', 'releaseId', `It is a release of ${facts.release.model}; choose one of ${model}.`);
  return facts.stable ? planRelease(model, strategy, facts.release.manifest, facts.stable, facts) : noStable(model);
}

/** Retired is the version, wherever it is: a new expert in its place may serve, and a rollback does not bring it back. */
function planRetirement({ model, experts }: Payload<'retire-expert'>, facts: PlanFacts): Plan {
  if (!facts.stable) return noStable(model);
  const retired: DataRule[] = [];
  for (const [index, name] of experts.entries()) {
    const field = `experts.${index}`;
    const sha256 = Object.hasOwn(facts.stable.manifest.components, name) ? facts.stable.manifest.components[name] : undefined;
    if (parseComponentName(name)?.kind !== 'expert') return no('component-not-an-expert', field, `${JSON.stringify(name)} is no expert; name one such as expert/3/5.`);
    if (sha256 === undefined) return no('unknown-component', field, `The stable release of ${model} has no ${name}.`);
    if (experts.indexOf(name) !== index) return no('named-twice', field, `${name} is named twice; name each expert once.`);
    const rule: DataRule = { id: `retired-${sha256.slice(0, 16)}`, expert: `sha256:${sha256}`, effect: 'deny', note: `Retired: ${name} of release ${facts.stable.releaseId}.` };
    if (facts.dataRules.rules.some(({ id }) => id === rule.id)) return no('already-retired', field, `${name} is retired already, by the data rule ${rule.id}.`);
    retired.push(rule);
  }
  return planRules(model, [...facts.dataRules.rules, ...retired], facts);
}

function planRules(model: string, rules: readonly DataRule[], { dataRules, knownExperts, stable, guarded }: PlanFacts): Plan {
  if (canonicalJson(rules) === canonicalJson(dataRules.rules)) return no('changes-nothing', 'rules', `These are the data rules of ${model} already.`);
  const [fault] = faultsOf(rules, knownExperts);
  if (fault) return no('invalid-rules', fault.field, fault.message);
  const warnings = stable ? warningsOf(rules, { ...stable.manifest.shape, topK: stable.manifest.routing.topK, components: stable.manifest.components }) : [];
  const locked = warnings.find(({ reason, tenant }) => reason === 'no-expert-left' && tenant === null);
  if (locked) return no('no-expert-left', 'rules', locked.message);
  const takings = takenByRules(dataRules.rules, rules, stable?.manifest.components ?? {}, guarded);
  return { planned: true, base: { dataRulesGeneration: dataRules.generation }, effect: { kind: 'data-rules', model, rules }, manifest: null, warnings: warnings.map(({ message }) => message), takings };
}

function planCard({ sha256, card }: Payload<'rescope-expert'>, { components, cardRevision }: PlanFacts): Plan {
  if (!components.has(sha256)) return no('unknown-component-version', 'sha256', `There is no component version ${sha256}.`);
  return { planned: true, base: { cardRevision: cardRevision ?? 0 }, effect: { kind: 'card', sha256, card }, manifest: null, warnings: [], takings: [] };
}

function planRecall({ sha256, reason }: Payload<'recall'>, { components, stable, guarded }: PlanFacts): Plan {
  const version = components.get(sha256);
  if (!version) return no('unknown-component-version', 'sha256', `There is no component version ${sha256}.`);
  if (version.isRecalled) return no('changes-nothing', 'sha256', `${sha256} was recalled already.`);
  return { planned: true, base: { recalled: false }, effect: { kind: 'recall', sha256, reason }, manifest: null, warnings: [], takings: takenByRecall(sha256, stable?.manifest.components ?? {}, guarded) };
}

function planGovernance({ model, mode }: Payload<'set-governance'>, facts: PlanFacts): Plan {
  if (facts.mode.mode === mode) return no('changes-nothing', 'mode', `The mode of ${model} is ${mode} already.`);
  return { planned: true, base: { mode: facts.mode.mode, modeGeneration: facts.mode.generation }, effect: { kind: 'governance', model, mode }, manifest: null, warnings: [], takings: [] };
}

function no(reason: PlanReason, field: string, detail: string): Refusal {
  return { planned: false, reason, field, detail };
}

function noStable(model: string): Refusal {
  return no('no-stable-release', 'model', `No release answers for ${model} yet; import and activate one first.`);
}
