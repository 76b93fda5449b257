import { type Segment } from '#libs/contract/capture/request-record';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type UsageQuery } from '#libs/store/usage/usage-query';
import { chooseReleases, type ReleaseChoice } from './release-choice.ts';
import { timeWindow, type TimeWindow } from './time-window.ts';
import { type ReleaseCatalog } from './usage-reader.ts';

/** A part of the recorded usage as it was asked for. */
export interface AskedCut extends Readonly<Partial<Record<keyof Segment, string | undefined>>> {
  readonly model?: string | undefined;
  readonly release?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly layer?: number | undefined;
}

export interface UsageCut {
  readonly choice: ReleaseChoice;
  readonly window: TimeWindow;
  readonly query: UsageQuery;
}

/**
 * The releases, time and segment of a report.
 * @throws ProblemError 400, 404 or 409 naming the field and the remedy
 */
export async function cutOf(catalog: ReleaseCatalog, asked: AskedCut, nowMs: number): Promise<UsageCut> {
  const choice = await chooseReleases(catalog, asked);
  const window = timeWindow(asked.from, asked.to, nowMs);
  if (asked.layer !== undefined && asked.layer >= choice.layers) {
    throw new ProblemError({
      status: 400,
      code: 'no_such_layer',
      title: 'The model has no such layer',
      detail: `Query field layer: give 0 to ${choice.layers - 1}.`,
      field: 'layer',
    });
  }
  return { choice, window, query: { ...window, of: { releaseIds: choice.releaseIds }, layer: asked.layer ?? null, ...segmentOf(asked) } };
}

function segmentOf({ tenant, task, language }: AskedCut): { segment?: Partial<Segment> } {
  const segment = {
    ...(tenant === undefined ? {} : { tenant }),
    ...(task === undefined ? {} : { task }),
    ...(language === undefined ? {} : { language }),
  };
  return Object.keys(segment).length === 0 ? {} : { segment };
}
