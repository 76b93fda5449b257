import { type ComponentStore } from '#libs/checkpoint/components/component-store';
import { type DerivedRelease } from '#libs/checkpoint/derive/derived-release';
import { densifyRelease } from '#libs/checkpoint/derive/densify-release';
import { METHODS } from '#libs/checkpoint/derive/quantise';
import { quantiseRelease } from '#libs/checkpoint/derive/quantise-release';
import { diffManifests } from '#libs/release/release-diff';
import { summariseDiff } from '#libs/release/release-summary';
import { type ImportProgress } from '#libs/store/imports/import-job';
import { type DeriveOrder, type ReleaseDeriver } from './derive-ports.ts';
import { type SaveDerived } from './stored-derived-releases.ts';

interface DeriverParts {
  readonly components: ComponentStore;
  /** Folder for the journals of interrupted runs. */
  readonly journalDirectory: string;
  readonly save: SaveDerived;
  /** One import or derivation at a time, of all processes: waits for its turn until the signal aborts. */
  readonly alone: <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>;
  readonly now: () => number;
}

/** Derives into the component store and saves the release; its components are there before it is. */
export function releaseDeriver({ components, journalDirectory, save, alone, now }: DeriverParts): ReleaseDeriver {
  return {
    run: (order, signal, onProgress) =>
      alone(signal, async () => {
        const { base, actor, note } = order;
        const derived = await derive(order, {
          store: components,
          journalDirectory,
          signal,
          onProgress: ({ phase, bytesDone, bytesTotal }) => onProgress({ stage: phase, doneBytes: bytesDone, totalBytes: bytesTotal }),
        });
        const { releaseId, manifest } = derived;
        const isOneModel = manifest.model === base.model;
        const diff = diffManifests(base.manifest, manifest);
        const summary = releaseId === base.releaseId ? 'the same release as its parent; nothing is new' : isOneModel ? summariseDiff(diff, manifest) : derived.madeHow;
        const createdAtMs = now();
        const origin = { parentRelease: base.releaseId, kind: isOneModel ? diff.kind : null, summary, createdBy: actor, note };
        const detail = { base: base.releaseId, derivation: order.derivation, releaseId, summary, madeHow: derived.madeHow };
        await save(
          { release: { releaseId, model: manifest.model, manifest, importedFrom: `release/${base.releaseId}`, createdAtMs, origin, sizesBytes: await sizes(derived, components) }, derived },
          { atMs: createdAtMs, actor, action: 'release.derive', subject: `release/${releaseId}`, detail, after: origin, requestId: null, ...(note === '' ? {} : { reason: note }) },
        );
        return { releaseId, summary, warnings: [] };
      }),
  };
}

interface Making {
  readonly store: ComponentStore;
  readonly journalDirectory: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: { readonly phase: ImportProgress['stage']; readonly bytesDone: number; readonly bytesTotal: number }) => void;
}

function derive({ base, derivation }: DeriveOrder, making: Making): Promise<DerivedRelease> {
  const { manifest } = base;
  if (derivation.kind === 'densify') return densifyRelease({ base: manifest, model: derivation.model, chosen: derivation.chosen, ...making });
  return quantiseRelease({ base: manifest, components: derivation.components, method: METHODS[derivation.precision], ...making });
}

/** Size of every version that the release names, its parent's among them. */
async function sizes({ manifest, components }: DerivedRelease, store: ComponentStore): Promise<Record<string, number>> {
  const known = new Map(components.map(({ sha256, sizeBytes }) => [sha256, sizeBytes]));
  for (const sha256 of new Set(Object.values(manifest.components))) {
    // An area of that name is never staged to: published files alone count.
    if (!known.has(sha256)) known.set(sha256, (await store.findStaged('sources', sha256)) ?? 0);
  }
  return Object.fromEntries(known);
}
