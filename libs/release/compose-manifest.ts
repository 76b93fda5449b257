import { parseComponentName, type ComponentKind, type ComponentName, type Sha256 } from './component.ts';
import { canonicalJson, validateManifest } from './manifest-digest.ts';
import { type ReleaseManifest, type RoutingSettings } from './manifest.ts';

/** Routing settings to change: left out or undefined, one stays; null takes it out. */
export type RoutingChange = { readonly [K in keyof RoutingSettings]?: RoutingSettings[K] | null | undefined };

export interface Composition {
  readonly base: ReleaseManifest;
  /** Takes all routers and the routing settings of this release. */
  readonly routersFrom?: ReleaseManifest;
  /** Takes all experts of this release. */
  readonly expertsFrom?: ReleaseManifest;
  /** Routing settings to change; the others stay. null takes one out. */
  readonly routing?: RoutingChange;
  /** Single components to replace; goes last. */
  readonly replace?: Readonly<Record<ComponentName, Sha256>>;
}

export type ComposeReason = 'unknown-component' | 'malformed-digest' | 'shapes-differ' | 'malformed-routing' | 'invalid-manifest';

/** The parts make no release. `field` names the part at fault, such as `replace.expert/3/5`. */
export class ComposeError extends Error {
  override readonly name = 'ComposeError';
  readonly reason: ComposeReason;
  readonly field: string;

  constructor(reason: ComposeReason, field: string, message: string) {
    super(message);
    this.reason = reason;
    this.field = field;
  }
}

/**
 * A new manifest out of existing ones and single component versions. Looks at names and settings only:
 * whether the tensors of a replaced component fit is for whoever can read its file.
 * @throws ComposeError naming the part at fault
 */
export function composeManifest({ base, routersFrom, expertsFrom, routing = {}, replace = {} }: Composition): ReleaseManifest {
  requireSameShape(base, routersFrom, 'routersFrom');
  requireSameShape(base, expertsFrom, 'expertsFrom');
  for (const name of Object.keys(replace)) {
    if (Object.hasOwn(base.components, name)) continue;
    throw new ComposeError('unknown-component', `replace.${name}`, `The base release has no component ${JSON.stringify(name)}; give one of its components, such as expert/0/0.`);
  }
  const given = Object.entries(routing).filter(([, value]) => value !== undefined);
  const merged = { ...(routersFrom ?? base).routing, ...Object.fromEntries(given) };
  const settings = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null)) as unknown as RoutingSettings;
  const manifest: ReleaseManifest = {
    ...base,
    routing: settings,
    components: { ...base.components, ...ofKind(routersFrom, 'router'), ...ofKind(expertsFrom, 'expert'), ...replace },
  };
  const [fault] = validateManifest(manifest);
  if (fault?.reason === 'malformed-digest') throw new ComposeError('malformed-digest', fault.field.replace(/^components\./, 'replace.'), fault.message);
  if (fault?.reason === 'malformed-routing') throw new ComposeError('malformed-routing', fault.field, fault.message);
  if (fault) throw new ComposeError('invalid-manifest', fault.field, fault.message);
  return manifest;
}

function requireSameShape(base: ReleaseManifest, other: ReleaseManifest | undefined, field: string): void {
  if (!other || (base.architecture === other.architecture && canonicalJson(base.shape) === canonicalJson(other.shape))) return;
  throw new ComposeError('shapes-differ', field, 'The release has another shape than the base: only releases of one shape can exchange routers or experts.');
}

function ofKind(manifest: ReleaseManifest | undefined, kind: ComponentKind): Record<ComponentName, Sha256> {
  return Object.fromEntries(Object.entries(manifest?.components ?? {}).filter(([name]) => parseComponentName(name)?.kind === kind));
}
