import { type Segment } from '#libs/contract/capture/request-record';
import { type SegmentLabels } from '#libs/store/detection/baseline';

const NAMES = ['tenant', 'task', 'language'] as const;

/** A segment as one text, the same whatever the order of its labels; empty for all traffic. */
export function segmentKeyOf(labels: SegmentLabels): string {
  const given = NAMES.filter((name) => labels[name] !== undefined).map((name) => [name, labels[name]]);
  return given.length === 0 ? '' : JSON.stringify(Object.fromEntries(given));
}

/** Whether a request carries all labels of a segment. */
export function isInSegment(segment: Segment, labels: SegmentLabels): boolean {
  return NAMES.every((name) => labels[name] === undefined || labels[name] === segment[name]);
}
