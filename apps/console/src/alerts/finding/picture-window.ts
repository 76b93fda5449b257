import { type AlertDetail, type AlertEpisode } from '../../api/gen/types.gen.ts';

const HOUR_MS = 3_600_000;
const MAX_MS = 7 * 24 * HOUR_MS;

/** Time that the picture shows: the episode with an hour before it and a while after, at most its last week. */
export function pictureWindow({ startedAt, endedAt, since }: Pick<AlertDetail, 'startedAt' | 'endedAt' | 'since'>, nowMs: number): { readonly from: string; readonly to: string } {
  const startMs = Date.parse(startedAt ?? since);
  const toMs = endedAt === null ? nowMs : Math.min(nowMs, Date.parse(endedAt) + HOUR_MS / 2);
  const fromMs = Math.max(startMs - HOUR_MS, toMs - MAX_MS);
  return { from: new Date(Math.min(fromMs, toMs - HOUR_MS)).toISOString(), to: new Date(toMs).toISOString() };
}

/** Times in which the alert fired. */
export function spansOf(episodes: readonly Pick<AlertEpisode, 'startedAt' | 'endedAt'>[], nowMs: number): readonly { readonly fromMs: number; readonly toMs: number }[] {
  return episodes.map(({ startedAt, endedAt }) => ({ fromMs: Date.parse(startedAt), toMs: endedAt === null ? nowMs : Date.parse(endedAt) }));
}
