import { parseComponentName, type ComponentKind } from './component.ts';
import { routingWarnings, routingWords } from './describe-routing.ts';
import { type ReleaseManifest } from './manifest.ts';
import { type ReleaseDiff, type ReleaseKind } from './release-diff.ts';

/** Names in a summary at most; the rest are counted. */
const MAX_NAMED = 5;

const TITLES: Readonly<Record<ReleaseKind, string>> = {
  same: 'no change',
  router: 'router release',
  expert: 'expert release',
  'router-and-expert': 'router and expert release',
  other: 'release of another kind',
};

/**
 * A release in one line against its parent, such as
 * `expert release: 1 of 32 experts changed (expert/3/5); 37 components shared`.
 * @param child the manifest whose components the changed ones are counted among
 */
export function summariseDiff({ kind, components, settings, shared }: ReleaseDiff, child: ReleaseManifest): string {
  const parts = (['backbone', 'tokenizer', 'router', 'expert'] as const).flatMap((one) => changedOf(one, components, child));
  parts.push(...settings.map(({ field, before, after }) => `${field} ${said(field, before)} -> ${said(field, after)}`));
  if (settings.some(({ field }) => field.startsWith('routing.'))) parts.push(...routingWarnings(child.routing));
  return `${TITLES[kind]}${parts.length > 0 ? `: ${parts.join(', ')}` : ''}; ${shared} ${shared === 1 ? 'component' : 'components'} shared`;
}

function changedOf(kind: ComponentKind, changes: ReleaseDiff['components'], child: ReleaseManifest): string[] {
  const names = changes.filter((change) => change.kind === kind).map(({ name }) => name);
  if (names.length === 0) return [];
  if (kind === 'backbone' || kind === 'tokenizer') return [`${kind} changed`];
  const all = Object.keys(child.components).filter((name) => parseComponentName(name)?.kind === kind).length;
  const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : '';
  return [`${names.length} of ${all} ${kind}s changed (${names.slice(0, MAX_NAMED).join(', ')}${more})`];
}

function said(field: string, value: unknown): string {
  return value === undefined ? 'none' : (routingWords(field, value) ?? JSON.stringify(value));
}
