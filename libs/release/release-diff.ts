import { compareComponentNames, parseComponentName, type ComponentKind, type ComponentName, type Sha256 } from './component.ts';
import { canonicalJson } from './manifest-digest.ts';
import { type ReleaseManifest } from './manifest.ts';

/** What a release changes against another: routers (and routing settings), experts, both, or also anything else. */
export type ReleaseKind = 'same' | 'router' | 'expert' | 'router-and-expert' | 'other';

export interface ComponentChange {
  readonly name: ComponentName;
  /** null for a name that is none, which a valid manifest does not hold. */
  readonly kind: ComponentKind | null;
  /** null where the parent has no such component. */
  readonly before: Sha256 | null;
  /** null where the child has no such component. */
  readonly after: Sha256 | null;
}

export interface SettingChange {
  /** Path in the manifest, such as `routing.topK` or `shape.layers`. */
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface ReleaseDiff {
  readonly kind: ReleaseKind;
  /** Changed, added and removed components: backbone, tokenizer, routers by layer, experts by layer and index. */
  readonly components: readonly ComponentChange[];
  readonly settings: readonly SettingChange[];
  /** How many components both name with the same version. */
  readonly shared: number;
}

/** What a child release changes against its parent. */
export function diffManifests(parent: ReleaseManifest, child: ReleaseManifest): ReleaseDiff {
  const names = [...new Set([...Object.keys(parent.components), ...Object.keys(child.components)])].toSorted(compareComponentNames);
  const components = names.flatMap((name): ComponentChange[] => {
    const before = own(parent.components, name);
    const after = own(child.components, name);
    return before === after ? [] : [{ name, kind: parseComponentName(name)?.kind ?? null, before, after }];
  });
  const settings = [
    ...changed('', { model: parent.model, architecture: parent.architecture }, { model: child.model, architecture: child.architecture }),
    ...changed('shape.', parent.shape, child.shape),
    ...changed('routing.', parent.routing, child.routing),
  ];
  return { kind: kindOf(components, settings), components, settings, shared: names.length - components.length };
}

function kindOf(components: readonly ComponentChange[], settings: readonly SettingChange[]): ReleaseKind {
  const isRouting = ({ field }: SettingChange): boolean => field.startsWith('routing.');
  if (components.some(({ kind }) => kind !== 'router' && kind !== 'expert') || !settings.every(isRouting)) return 'other';
  // How gates become a selection is the router's business.
  const router = settings.length > 0 || components.some(({ kind }) => kind === 'router');
  const expert = components.some(({ kind }) => kind === 'expert');
  if (router) return expert ? 'router-and-expert' : 'router';
  return expert ? 'expert' : 'same';
}

function changed(prefix: string, before: object, after: object): SettingChange[] {
  const [old, fresh] = [before as Record<string, unknown>, after as Record<string, unknown>];
  return [...new Set([...Object.keys(old), ...Object.keys(fresh)])].flatMap((key) =>
    text(old[key]) === text(fresh[key]) ? [] : [{ field: `${prefix}${key}`, before: old[key], after: fresh[key] }],
  );
}

function text(value: unknown): string {
  return value === undefined ? '' : canonicalJson(value);
}

function own(components: ReleaseManifest['components'], name: string): Sha256 | null {
  return Object.hasOwn(components, name) ? (components[name] ?? null) : null;
}
