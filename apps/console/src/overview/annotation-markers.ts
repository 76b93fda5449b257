import { type Annotation } from '../api/gen/types.gen.ts';
import { type Marker } from '../charts/time-series.tsx';

type Marked = Pick<Annotation, 'at' | 'kind' | 'event' | 'title'>;

/** What moves the routing, or shows that it moved. */
const DEFAULT_KINDS: readonly Annotation['kind'][] = ['activation', 'data-rules', 'alert'];

const WORDS: Readonly<Record<string, string>> = {
  activate: 'activated', 'start-canary': 'canary', 'set-canary-share': 'share', promote: 'promoted', 'abort-canary': 'canary ended', rollback: 'rollback', 'start-shadow': 'shadow', 'stop-shadow': 'shadow ended',
  set: 'data rules', fired: 'alert', 'no-data': 'no data', applied: 'change', adopted: 'baseline',
};

export interface MarkerOptions {
  readonly kinds?: readonly Annotation['kind'][];
  /** Changes closer together than this share one marker, milliseconds. */
  readonly closerThanMs?: number;
}

/**
 * Markers for TimeSeries, oldest first: a word each, and how many more came right after. Ends of alerts are left out.
 * With a window of w milliseconds, `closerThanMs: w / 40` keeps the words apart.
 */
export function annotationMarkers(annotations: readonly Marked[] | undefined, { kinds = DEFAULT_KINDS, closerThanMs = 0 }: MarkerOptions = {}): readonly Marker[] {
  const groups: { atMs: number; word: string; more: number }[] = [];
  const shown = (annotations ?? []).filter(({ kind, event }) => kinds.includes(kind) && event !== 'resolved').toReversed();
  for (const { at, event } of shown) {
    const atMs = Date.parse(at);
    const last = groups.at(-1);
    if (last !== undefined && atMs - last.atMs < closerThanMs) last.more += 1;
    else groups.push({ atMs, word: WORDS[event] ?? event, more: 0 });
  }
  return groups.map(({ atMs, word, more }) => ({ atMs, label: more === 0 ? word : `${word} +${more}` }));
}
