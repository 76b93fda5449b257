import { dirname, join } from 'node:path';
import { routerName } from '#libs/release/component';
import { type ApiClient } from '../../api/api-client.ts';
import { CliError, EXIT } from '../../api/exit-code.ts';
import { refusal } from '../../api/refusal.ts';
import { shippedPrompts } from '../prompts.ts';
import { perturbedRouter, type RouterFile } from './perturbed-router.ts';

export interface Perturbation {
  readonly layer: number;
  /** ||W' - W|| / ||W|| of the router's weights. */
  readonly strength: number;
}

/**
 * Uploads a perturbed router of the demo model and composes the release that answers with it; activates nothing.
 * @returns id of the release
 * @throws CliError where the model that serves does not hold the router of the demo model's checkpoint
 */
export async function composePerturbed(client: ApiClient, model: string, base: string, { layer, strength }: Perturbation, random: () => number): Promise<string> {
  const component = routerName(layer);
  const checkpoint = join(dirname(shippedPrompts()), 'model.safetensors');
  const { original, perturbed } = await perturbedRouter(checkpoint, layer, strength, random);
  const { manifest } = await client.call('getRelease', { params: { releaseId: base } });
  if (manifest.components[component] !== original.sha256) throw new CliError(EXIT.usage, `${component} of ${model} is not the one of ${checkpoint}, which this demo perturbs: activate the demo model's own release first (signalbox releases).`);
  await upload(client, perturbed, { model, component });
  const note = `${component} perturbed by ${strength} for the demo of a shift`;
  return (await client.call('createRelease', { body: { base, replace: { [component]: perturbed.sha256 }, note } })).releaseId;
}

/** A router is small: one piece. */
async function upload(client: ApiClient, { bytes, sha256 }: RouterFile, of: { readonly model: string; readonly component: string }): Promise<void> {
  const { uploadId, offsetBytes } = await client.call('createUpload', { body: { sha256, sizeBytes: bytes.byteLength, kind: 'router', ...of } });
  if (uploadId === null) return;
  const answer = await client.request(`/api/v1/uploads/${uploadId}?offset=${offsetBytes}`, { method: 'PUT', body: new Uint8Array(bytes.subarray(offsetBytes)) });
  if (!answer.ok) throw refusal(answer.status, await answer.json().catch(() => null));
}
