import { type DataSource } from 'typeorm';
import { type ReleaseManifest } from '#libs/release/manifest';
import { releaseIdOf } from '#libs/release/manifest-digest';
import { Releases } from '#libs/store/releases/releases';
import { type ActingCaller, type ActivationDesk } from '../../apps/control/models/activation-desk.ts';
import { storedActivationDesk } from '../../apps/control/models/activation-parts.ts';

export const ANN: ActingCaller = { accountId: 'user:ann', name: 'ann', keyId: null };
export const BOB: ActingCaller = { accountId: 'user:bob', name: 'bob', keyId: null };

const LAYERS = 2;
const EXPERTS = 2;
const digest = (digit: string): string => digit.repeat(64);

/** A release of two layers with two experts each; each part is named by one hexadecimal digit. */
export function toyManifest({ backbone = '0', routers = ['1', '2'], experts = ['3', '4', '5', '6'], topK = 1 }: { backbone?: string; routers?: readonly string[]; experts?: readonly string[]; topK?: number } = {}): ReleaseManifest {
  const components: Record<string, string> = { backbone: digest(backbone), tokenizer: digest('f') };
  for (let layer = 0; layer < LAYERS; layer += 1) {
    components[`router/${layer}`] = digest(routers[layer] ?? '1');
    for (let expert = 0; expert < EXPERTS; expert += 1) components[`expert/${layer}/${expert}`] = digest(experts[layer * EXPERTS + expert] ?? '3');
  }
  return {
    format: 'signalbox.release/1',
    model: 'toy',
    architecture: 'mixtral',
    shape: {
      vocabSize: 16, hiddenSize: 4, layers: LAYERS, experts: EXPERTS, expertWidth: 4, attentionHeads: 1, keyValueHeads: 1, headSize: 4,
      contextTokens: 32, rmsNormEpsilon: 1e-5, ropeTheta: 1e4, slidingWindowTokens: null, tiedHead: false, bosTokenId: null, eosTokenIds: [],
    },
    routing: { gating: 'softmax-topk', topK, normalise: true },
    components,
  };
}

/** Saves a release and gives its id. The first of a model becomes its stable one. */
export async function saveToy(store: DataSource, manifest: ReleaseManifest, atMs = Date.now()): Promise<string> {
  const releaseId = releaseIdOf(manifest);
  const sizesBytes = Object.fromEntries(Object.values(manifest.components).map((sha256) => [sha256, 8]));
  await new Releases(store).save(
    { releaseId, model: manifest.model, manifest, importedFrom: 'test', createdAtMs: atMs, sizesBytes },
    { atMs, actor: 'system', action: 'release.import', subject: `release/${releaseId}`, detail: {}, requestId: null },
  );
  return releaseId;
}

export function deskOf(store: DataSource): ActivationDesk {
  return storedActivationDesk(store, { now: Date.now });
}

export interface Books {
  readonly row: { readonly stable: string; readonly generation: number } | null;
  readonly events: readonly { readonly generation: number; readonly after: { readonly stable: string; readonly generation: number } | null }[];
  readonly audited: number;
}

/** The pointer, its history and its audit entries, read at one moment. */
export async function readBooks(store: DataSource, model = 'toy'): Promise<Books> {
  const rows: Books[] = await store.query(
    `SELECT (SELECT jsonb_build_object('stable', stable_release, 'generation', generation) FROM signalbox.activation WHERE model = $1) AS row,
       (SELECT COALESCE(jsonb_agg(jsonb_build_object('generation', generation, 'after', after) ORDER BY generation), '[]') FROM signalbox.activation_event WHERE model = $1) AS events,
       (SELECT count(*)::int FROM signalbox.audit_entry WHERE subject = 'model/' || $1 AND action LIKE 'activation.%') AS audited`,
    [model],
  );
  if (!rows[0]) throw new Error('no answer');
  return rows[0];
}
