/** A slice as it stands in a form, as typed. */
export interface RouteSliceDraft {
  /** Names such as expert/3/5, separated by commas, spaces or lines; empty: no slice. */
  readonly experts: string;
  readonly minPercent: string;
}

export interface RouteSlice {
  readonly experts: string[];
  readonly minShare: number;
}

export const NO_SLICE: RouteSliceDraft = { experts: '', minPercent: '30' };

/** What the API takes; null where no expert is named. What is no number is left to the server to refuse, which names the field. */
export function routeSliceOf({ experts, minPercent }: RouteSliceDraft): RouteSlice | null {
  const named = [...new Set(experts.split(/[\s,]+/).filter((name) => name !== ''))];
  const percent = minPercent.trim() === '' ? Number.NaN : Number(minPercent);
  // Without the dust that a division leaves.
  return named.length === 0 ? null : { experts: named, minShare: Number((percent / 100).toPrecision(12)) };
}
