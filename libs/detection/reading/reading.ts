/** What is measured or tested. A rule names one of them. */
export const SIGNALS = [
  'mix-shift',
  'router-shift',
  'collapse',
  'low-entropy',
  'dead-expert',
  'waking-expert',
  'hot-expert',
  'slow-expert',
  'expert-unavailable',
  'dropped-tokens',
  'degraded-share',
  'low-confidence',
  'quality',
  'data-rule-refusals',
  'no-data',
  'review-overdue',
  'watchdog',
] as const;
export type Signal = (typeof SIGNALS)[number];

/** Label set by which readings and alerts are told apart: model, release, layer, expert, tenant, task, language; kind and subject of a review. All text; absent where it does not apply. */
export type ReadingLabels = Readonly<Record<string, string>>;

/** An expert that a finding names. */
export interface ExpertEvidence {
  readonly expert: number;
  /** Share of selections now and in the baseline; null where there is none. */
  readonly share: number | null;
  readonly baselineShare: number | null;
  /** Against the expert's share being as before; null where it is not tested. */
  readonly eValue: number | null;
}

/** What a person needs to understand a reading. JSON. */
export interface ReadingDetail {
  readonly experts?: readonly ExpertEvidence[];
  readonly baselineId?: string;
  /** Requests that the value is of. */
  readonly requests?: number;
  /** About when it began, epoch milliseconds; estimated. */
  readonly sinceMs?: number;
  /** Requests that show it most, to look at. At most 10. */
  readonly exampleRequestIds?: readonly string[];
  /** A sentence, such as why there is no value. */
  readonly note?: string;
}

/** What one detector says of one label set at one moment. */
export interface Reading {
  readonly signal: Signal;
  readonly labels: ReadingLabels;
  /** Up to when the data goes that it is of, epoch milliseconds. */
  readonly atMs: number;
  /** In the unit of the signal (readingUnit); null when there is too little data. */
  readonly value: number | null;
  /** 95 % interval of the value, where it has one. */
  readonly interval: { readonly low: number; readonly high: number } | null;
  /** What the signal's own sequential test says; null for signals that are compared with a limit alone. */
  readonly alarm: boolean | null;
  /** e-value or e-detector's wealth behind `alarm`. */
  readonly evidence: number | null;
  readonly detail: ReadingDetail;
}
