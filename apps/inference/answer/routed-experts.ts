import { type GenerateOutcome } from '#libs/runtime/engine/engine';
import { type ReleaseManifest } from '#libs/runtime/engine/release-source';
import { encodeNpy } from './npy.ts';

/**
 * One choice's routing in vLLM's wire format: base64 of a .npy array (tokens - 1, layers, top_k),
 * the prompt's rows first. The last sampled token never runs, hence the one row fewer.
 */
export function encodeRoutedExperts(
  outcome: Pick<GenerateOutcome, 'promptRows' | 'choiceRows' | 'expertIds'>,
  manifest: Pick<ReleaseManifest, 'shape' | 'routing'>,
  choice: number,
): string {
  const { layers, experts } = manifest.shape;
  const { topK } = manifest.routing;
  const perRow = layers * topK;
  const rows = outcome.choiceRows[choice] ?? 0;
  const before = outcome.choiceRows.slice(0, choice).reduce((sum, count) => sum + count, outcome.promptRows);
  const ids = new Uint16Array((outcome.promptRows + rows) * perRow);
  ids.set(outcome.expertIds.subarray(0, outcome.promptRows * perRow));
  ids.set(outcome.expertIds.subarray(before * perRow, (before + rows) * perRow), outcome.promptRows * perRow);
  const npy = encodeNpy(ids, [outcome.promptRows + rows, layers, topK], experts <= 256 ? 'uint8' : 'uint16');
  return Buffer.from(npy.buffer, npy.byteOffset, npy.byteLength).toString('base64');
}
