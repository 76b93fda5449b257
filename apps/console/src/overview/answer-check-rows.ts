import { type AnswerChecks } from '../api/gen/types.gen.ts';
import { type TimeWindow } from '../shell/scope.ts';

/** Longer times are asked for by the day. */
const LONGEST_BY_HOUR_MS = 2 * 86_400_000;

export function answerCheckStep({ from, to }: Pick<TimeWindow, 'from' | 'to'>): 'hour' | 'day' {
  return Date.parse(to) - Date.parse(from) > LONGEST_BY_HOUR_MS ? 'day' : 'hour';
}

/** One row for each release and hour or day; figures that are withheld are left empty. */
export function answerCheckRows({ releases }: Pick<AnswerChecks, 'releases'>): (string | number | undefined)[][] {
  return releases.flatMap(({ release, buckets }) => buckets.map(({ at, requests, valid, invalid, incomplete }) => [release, at, requests, valid, invalid, incomplete]));
}
