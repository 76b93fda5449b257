import { type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type ChangeRequest } from '#libs/governance/change/change-request';
import { type Plan } from '#libs/governance/change/plan-change';
import { type ReleaseManifest } from '#libs/release/manifest';
import { diffManifests } from '#libs/release/release-diff';
import { summariseDiff } from '#libs/release/release-summary';

type DiffBody = RouteOutput<typeof ROUTES.getChange>['diff'];

/** What a change replaces by what, for people: of releases component by component, of the rest field by field. */
export async function diffOf(change: ChangeRequest, plan: Plan, find: (releaseId: string) => Promise<{ readonly manifest: ReleaseManifest } | null>): Promise<DiffBody> {
  const { effect, base } = change;
  if (effect.kind !== 'release') return fieldDiff(change);
  const before = await find(String(base['stable'] ?? ''));
  const after = (await find(effect.releaseId))?.manifest ?? (plan.planned && plan.effect.kind === 'release' && plan.effect.releaseId === effect.releaseId ? plan.manifest : null);
  if (!before || !after) return { summary: `release ${effect.releaseId}; what it was planned on has changed`, components: [], settings: [], lines: [] };
  const diff = diffManifests(before.manifest, after);
  const components = diff.components.map(({ name, before: old, after: fresh }) => ({ name, before: old, after: fresh }));
  const settings = diff.settings.map(({ field, before: old, after: fresh }) => ({ field, before: old, after: fresh }));
  return {
    summary: summariseDiff(diff, after),
    components,
    settings,
    lines: [
      `release     ${String(base['stable'])} -> ${effect.releaseId}`,
      ...components.map(({ name, before: old, after: fresh }) => `${name.padEnd(12)}${old ?? 'absent'} -> ${fresh ?? 'absent'}`),
      ...settings.map(({ field, before: old, after: fresh }) => `${field.padEnd(12)}${said(old)} -> ${said(fresh)}`),
    ],
  };
}

function fieldDiff({ effect, base, payload }: ChangeRequest): DiffBody {
  const lines = (summary: string, settings: DiffBody['settings'], more: string[] = []): DiffBody => ({
    summary, components: [], settings, lines: [...settings.map(({ field, before, after }) => `${field.padEnd(12)}${said(before)} -> ${said(after)}`), ...more],
  });
  switch (effect.kind) {
    case 'data-rules':
      return lines(`${effect.rules.length} data ${effect.rules.length === 1 ? 'rule' : 'rules'} in place of those of generation ${String(base['dataRulesGeneration'])}`, [], effect.rules.map((rule) => `rule        ${JSON.stringify(rule)}`));
    case 'card':
      return lines(`another card of ${effect.sha256}`, Object.entries(effect.card).map(([field, after]) => ({ field, before: `revision ${String(base['cardRevision'])}`, after })));
    case 'recall':
      return lines(`recall of ${effect.sha256}`, [{ field: 'recalled', before: false, after: true }]);
    case 'policy':
      return lines(`another change policy after version ${String(base['policyVersion'])}`, Object.entries(effect.limits).map(([field, after]) => ({ field, before: 'as in force', after })), effect.policies.split('\n'));
    case 'governance':
      return lines(`${effect.model} becomes ${effect.mode}`, [{ field: 'mode', before: base['mode'], after: effect.mode }]);
    case 'release':
      return lines(payload.type, []);
  }
}

function said(value: unknown): string {
  return value === undefined || value === null ? 'absent' : typeof value === 'string' ? value : JSON.stringify(value);
}
