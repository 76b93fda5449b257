import { BinaryCopyEncoder } from '../capture/binary-copy.ts';
import { packPairs, packUsage } from './packed-usage.ts';
import { type RecentUsage } from './roll-up.ts';

/** Columns in the order in which encodeRecentUsage writes them. */
export const RECENT_COLUMNS = ['bucket', 'release', 'segment', 'usage', 'pairs'] as const;

/** Usage as rows of the binary COPY format. */
export function encodeRecentUsage(usage: readonly RecentUsage[]): Buffer {
  const encoder = new BinaryCopyEncoder();
  for (const { bucketMs, release, segment, layers } of usage) {
    encoder.row(RECENT_COLUMNS.length).timestamp(bucketMs).int32(release).int32(segment).bytes(packUsage(layers)).bytes(packPairs(layers));
  }
  return encoder.finish();
}
