import { BACKBONE, type ComponentName, parseComponentName } from '#libs/release/component';
import { releaseIdOf } from '#libs/release/manifest-digest';
import { type ReleaseManifest } from '#libs/release/manifest';
import { type QuantiseMethod } from './block-codes.ts';
import { DeriveError } from './derive-error.ts';
import { type DerivedRelease, sourceBytes } from './derived-release.ts';
import { type ComponentOrder, makeComponents, type MakeRequest } from './make-components.ts';
import { methodName, quantisedContent } from './quantise.ts';

/** Which components of a release: all experts, these and the backbone, or those named. */
export type Selection = 'experts' | 'experts-and-backbone' | readonly ComponentName[];

interface QuantiseRequest extends MakeRequest {
  readonly base: ReleaseManifest;
  readonly components: Selection;
  readonly method: QuantiseMethod;
}

/**
 * Makes quantised versions of components and the release that has them in their places.
 * @throws DeriveError naming the component; the signal's reason when aborted
 */
export async function quantiseRelease({ base, components, method, ...request }: QuantiseRequest): Promise<DerivedRelease> {
  const { store } = request;
  const orders: ComponentOrder[] = [];
  for (const name of selectComponents(base, components)) {
    const sha256 = base.components[name]!;
    const source = { path: store.pathOf(sha256), sha256, kind: parseComponentName(name)!.kind };
    const size = await sourceBytes(store, name, sha256);
    orders.push({ name, recipe: `${sha256} ${methodName(method)}`, sourceBytes: size, content: (signal) => quantisedContent(source, method, signal) });
  }
  const made = await makeComponents(orders, request);
  const replaced = Object.fromEntries(made.map(({ name, sha256 }) => [name, sha256]));
  const manifest: ReleaseManifest = { ...base, components: { ...base.components, ...replaced } };
  return { manifest, releaseId: releaseIdOf(manifest), components: made.map((one) => ({ ...one, from: base.components[one.name]! })), madeHow: `quantised, ${methodName(method)}` };
}

/** Names of the components that a selection means, in the order of the manifest. @throws DeriveError */
export function selectComponents(base: Pick<ReleaseManifest, 'components'>, selection: Selection): readonly ComponentName[] {
  const all = Object.keys(base.components);
  if (selection === 'experts') return all.filter(isExpert);
  if (selection === 'experts-and-backbone') return all.filter((name) => name === BACKBONE || isExpert(name));
  if (selection.length === 0) throw new DeriveError('malformed-order', 'Name one component at least.');
  for (const name of selection) {
    if (!Object.hasOwn(base.components, name)) throw new DeriveError('unknown-component', `The release has no component ${JSON.stringify(name)}; give some of its own, such as expert/0/0.`, name);
    if (name !== BACKBONE && !isExpert(name)) throw new DeriveError('not-quantisable', `${name} cannot be quantised; experts and the backbone can.`, name);
  }
  return all.filter((name) => selection.includes(name));
}

function isExpert(name: ComponentName): boolean {
  return parseComponentName(name)?.kind === 'expert';
}
