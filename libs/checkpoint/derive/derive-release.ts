import { createHash } from 'node:crypto';
import { BACKBONE, type ComponentName, type ParsedComponentName, parseComponentName, type Sha256 } from '#libs/release/component';
import { releaseIdOf } from '#libs/release/manifest-digest';
import { type ReleaseManifest } from '#libs/release/manifest';
import { type ComponentStore } from '../components/component-store.ts';
import { type ImportedComponent, type ImportProgress } from '../import-checkpoint.ts';
import { ImportJournal } from '../import-journal.ts';
import { DeriveError } from './derive-error.ts';
import { type QuantiseMethod } from './block-codes.ts';
import { methodName, quantisedFile } from './quantise.ts';

/** Which components of a release: all experts, these and the backbone, or those named. */
export type Selection = 'experts' | 'experts-and-backbone' | readonly ComponentName[];

export interface QuantiseRequest {
  readonly base: ReleaseManifest;
  readonly components: Selection;
  readonly method: QuantiseMethod;
  readonly store: ComponentStore;
  /** Folder for the journal by which an interrupted run goes on. */
  readonly journalDirectory: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ImportProgress) => void;
}

export interface DerivedRelease {
  readonly manifest: ReleaseManifest;
  readonly releaseId: Sha256;
  /** The new versions, and what each was made from. */
  readonly components: readonly (ImportedComponent & { readonly from: Sha256 })[];
}

/**
 * Makes quantised versions of components and the release that has them in their places. Nothing enters the
 * store before all are made. A run that is aborted or killed goes on where it was when it is started again.
 * @throws DeriveError naming the component; the signal's reason when aborted
 */
export async function quantiseRelease(request: QuantiseRequest): Promise<DerivedRelease> {
  const { base, method, store, signal = new AbortController().signal, onProgress = () => undefined } = request;
  const names = selectComponents(base, request.components);
  const sizes = await sizesOf(names, base, store);
  const bytesTotal = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const area = createHash('sha256').update(JSON.stringify([releaseIdOf(base), names, methodName(method)])).digest('hex').slice(0, 32);
  const journal = await ImportJournal.open(request.journalDirectory, `derive-${area}`);
  const components: DerivedRelease['components'][number][] = [];
  let bytesDone = 0;
  for (const [name, size] of sizes) {
    signal.throwIfAborted();
    onProgress({ phase: 'writing', bytesDone, bytesTotal, component: name });
    const from = base.components[name]!;
    const made = await oneComponent({ name, from, store, journal, area, method, signal });
    components.push({ name, from, ...made });
    bytesDone += size;
  }
  onProgress({ phase: 'publishing', bytesDone, bytesTotal, component: null });
  await store.publish(area, components.map(({ sha256 }) => sha256));
  await store.discard(area);
  await journal.remove();
  const replaced = Object.fromEntries(components.map(({ name, sha256 }) => [name, sha256]));
  const manifest: ReleaseManifest = { ...base, components: { ...base.components, ...replaced } };
  return { manifest, releaseId: releaseIdOf(manifest), components };
}

/** Names of the components that a selection means, in the order of the manifest. @throws DeriveError */
export function selectComponents(base: Pick<ReleaseManifest, 'components'>, selection: Selection): readonly ComponentName[] {
  const all = Object.keys(base.components);
  if (selection === 'experts') return all.filter((name) => kindOf(name)?.kind === 'expert');
  if (selection === 'experts-and-backbone') return all.filter((name) => name === BACKBONE || kindOf(name)?.kind === 'expert');
  if (selection.length === 0) throw new DeriveError('malformed-order', 'Name one component at least.');
  for (const name of selection) {
    if (!Object.hasOwn(base.components, name)) throw new DeriveError('unknown-component', `The release has no component ${JSON.stringify(name)}; give some of its own, such as expert/0/0.`, name);
    const kind = kindOf(name)?.kind;
    if (kind !== 'expert' && kind !== 'backbone') throw new DeriveError('not-quantisable', `${name} cannot be quantised; experts and the backbone can.`, name);
  }
  return all.filter((name) => selection.includes(name));
}

function kindOf(name: ComponentName): ParsedComponentName | null {
  return parseComponentName(name);
}

async function sizesOf(names: readonly ComponentName[], { components }: ReleaseManifest, store: ComponentStore): Promise<ReadonlyMap<ComponentName, number>> {
  const sizes = new Map<ComponentName, number>();
  for (const name of names) {
    const size = await store.findStaged('none', components[name]!);
    if (size === null) throw new DeriveError('missing-component', `The file of ${name}, version ${components[name]}, is missing; upload or import it again.`, name);
    sizes.set(name, size);
  }
  return sizes;
}

interface Making {
  readonly name: ComponentName;
  readonly from: Sha256;
  readonly store: ComponentStore;
  readonly journal: ImportJournal;
  readonly area: string;
  readonly method: QuantiseMethod;
  readonly signal: AbortSignal;
}

async function oneComponent({ name, from, store, journal, area, method, signal }: Making): Promise<Omit<ImportedComponent, 'name'>> {
  const source = `${from} ${methodName(method)}`;
  const known = journal.find(source);
  if (known !== null && (await store.findStaged(area, known.sha256)) === known.sizeBytes) return { ...known, reused: await store.has(known.sha256) };
  try {
    const { chunks } = await quantisedFile({ path: store.pathOf(from), sha256: from, kind: kindOf(name)!.kind }, method, signal);
    const written = await store.stage(area, chunks);
    await journal.add(source, written);
    return written;
  } catch (error) {
    if (error instanceof DeriveError && error.component === null) throw new DeriveError(error.reason, `${name}: ${error.message}`, name);
    throw error;
  }
}
