import { type DataSource, type EntityManager } from 'typeorm';
import { type Reading, type ReadingDetail, type ReadingLabels, type Signal, SIGNALS } from '#libs/detection/reading/reading';

/** Days for which the history of readings is kept. */
export const READING_HISTORY_DAYS = 90;
const MINUTE_MS = 60_000;
const MAX_PAGE = 10_000;

export interface ReadingFilter {
  readonly signals?: readonly string[];
  /** Readings that carry at least these labels. */
  readonly labels?: ReadingLabels;
  /** Readings behind this one, in the order of signal and labels. */
  readonly after?: { readonly signal: string; readonly labelsKey: string };
}

export interface ReadingHistoryQuery {
  readonly signal: string;
  /** Readings that carry at least these labels. */
  readonly labels?: ReadingLabels;
  readonly fromMs: number;
  readonly toMs: number;
  /** Readings older than this one. */
  readonly before?: { readonly minuteMs: number; readonly labelsKey: string };
}

export interface ReadingSeriesQuery {
  readonly signal: string;
  readonly labels: ReadingLabels;
  /** Only the label set that has these and no others. */
  readonly isExact: boolean;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

/** Readings of one step of time. */
export interface ReadingPoint {
  /** Of the newest reading of it, as are value, low and high. */
  readonly atMs: number;
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly min: number | null;
  readonly max: number | null;
  /** Whether any was in alarm. */
  readonly alarm: boolean | null;
}

export interface ReadingSeries {
  readonly labels: ReadingLabels;
  /** Oldest first. */
  readonly points: readonly ReadingPoint[];
}

interface Row {
  readonly signal: string;
  readonly labels_key: string;
  readonly at: Date;
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly alarm: boolean | null;
  readonly evidence: number | null;
  readonly detail?: ReadingDetail;
}

/** Labels as one text, the same whatever the order of their names. */
export function labelsKey(labels: ReadingLabels): string {
  return JSON.stringify(Object.fromEntries(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}

/** What detectors say now, and what they said: one reading a minute of each label set. */
export class Readings {
  constructor(private readonly dataSource: DataSource) {}

  /** Writes readings as part of the transaction that saves what they stand on; of several with the same signal and labels the last one counts. */
  async save(manager: EntityManager, readings: readonly Reading[]): Promise<void> {
    // In one order whoever writes, so that two transactions never wait for each other in a circle.
    const last = [...new Map(readings.map((reading) => [`${reading.signal} ${labelsKey(reading.labels)}`, reading]))].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, reading]) => reading);
    if (last.length === 0) return;
    const columns = [
      last.map(({ signal }) => signal),
      last.map(({ labels }) => labelsKey(labels)),
      last.map(({ atMs }) => new Date(atMs).toISOString()),
      last.map(({ value }) => value),
      last.map(({ interval }) => interval?.low ?? null),
      last.map(({ interval }) => interval?.high ?? null),
      last.map(({ alarm }) => alarm),
      last.map(({ evidence }) => evidence),
    ];
    await manager.query(
      `INSERT INTO signalbox.reading (signal, labels_key, at, value, low, high, alarm, evidence, detail)
       SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::float8[], $5::float8[], $6::float8[], $7::boolean[], $8::float8[], $9::jsonb[])
       ON CONFLICT (signal, labels_key) DO UPDATE SET at = EXCLUDED.at, value = EXCLUDED.value, low = EXCLUDED.low, high = EXCLUDED.high,
         alarm = EXCLUDED.alarm, evidence = EXCLUDED.evidence, detail = EXCLUDED.detail`,
      [...columns, last.map(({ detail }) => JSON.stringify(detail))],
    );
    await manager.query(
      `INSERT INTO signalbox.reading_history (signal, labels_key, at, value, low, high, alarm, evidence, minute)
       SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::float8[], $5::float8[], $6::float8[], $7::boolean[], $8::float8[], $9::timestamptz[])
       ON CONFLICT (signal, labels_key, minute) DO UPDATE SET at = EXCLUDED.at, value = EXCLUDED.value, low = EXCLUDED.low, high = EXCLUDED.high,
         alarm = EXCLUDED.alarm, evidence = EXCLUDED.evidence`,
      [...columns, last.map(({ atMs }) => new Date(Math.floor(atMs / MINUTE_MS) * MINUTE_MS).toISOString())],
    );
  }

  /** Newest reading of each signal and label set, in the order of both. @throws RangeError for a limit outside 1 to 10,000 */
  async current({ signals, labels, after }: ReadingFilter, limit: number): Promise<readonly Reading[]> {
    requireLimit(limit);
    const rows: Row[] = await this.dataSource.query(
      `SELECT signal, labels_key, at, value, low, high, alarm, evidence, detail FROM signalbox.reading
       WHERE ($1::text[] IS NULL OR signal = ANY($1)) AND ($2::jsonb IS NULL OR labels_key::jsonb @> $2)
         AND ($3::text IS NULL OR (signal, labels_key) > ($3, $4))
       ORDER BY signal, labels_key LIMIT $5`,
      [signals ?? null, labels === undefined ? null : JSON.stringify(labels), after?.signal ?? null, after?.labelsKey ?? null, limit],
    );
    return rows.flatMap(toReading);
  }

  /** Newest first, at most one a minute of each label set; without their detail. @throws RangeError for a limit outside 1 to 10,000 */
  async history({ signal, labels, fromMs, toMs, before }: ReadingHistoryQuery, limit: number): Promise<readonly Reading[]> {
    requireLimit(limit);
    const rows: Row[] = await this.dataSource.query(
      `SELECT signal, labels_key, at, value, low, high, alarm, evidence FROM signalbox.reading_history
       WHERE signal = $1 AND minute >= $2 AND minute < $3 AND ($4::jsonb IS NULL OR labels_key::jsonb @> $4)
         AND ($5::timestamptz IS NULL OR (minute, labels_key) < ($5, $6))
       ORDER BY minute DESC, labels_key DESC LIMIT $7`,
      [signal, new Date(fromMs), new Date(toMs), labels === undefined ? null : JSON.stringify(labels), before ? new Date(before.minuteMs) : null, before?.labelsKey ?? null, limit],
    );
    return rows.flatMap(toReading);
  }

  /** History by label set, those with the values furthest from 0 first; readings of one step are put together. */
  async series({ signal, labels, isExact, fromMs, toMs, stepMs }: ReadingSeriesQuery, limit: number): Promise<{ readonly series: readonly ReadingSeries[]; readonly omitted: number }> {
    const chosen: { labels_key: string; total: string }[] = await this.dataSource.query(
      `SELECT labels_key, count(*) OVER () AS total FROM signalbox.reading_history
       WHERE signal = $1 AND minute >= $2 AND minute < $3 AND (CASE WHEN $4 THEN labels_key = $5 ELSE labels_key::jsonb @> $5::jsonb END)
       GROUP BY labels_key ORDER BY max(abs(value)) DESC NULLS LAST, labels_key LIMIT $6`,
      [signal, new Date(fromMs), new Date(toMs), isExact, labelsKey(labels), limit],
    );
    if (chosen.length === 0) return { series: [], omitted: 0 };
    const rows: (Omit<Row, 'signal' | 'evidence'> & { min: number | null; max: number | null })[] = await this.dataSource.query(
      `SELECT labels_key, max(at) AS at, (array_agg(value ORDER BY at DESC))[1] AS value, (array_agg(low ORDER BY at DESC))[1] AS low, (array_agg(high ORDER BY at DESC))[1] AS high,
         min(value) AS min, max(value) AS max, bool_or(alarm) AS alarm
       FROM signalbox.reading_history WHERE signal = $1 AND minute >= $2 AND minute < $3 AND labels_key = ANY($4)
       GROUP BY labels_key, date_bin(make_interval(secs => $5), minute, $2) ORDER BY at`,
      [signal, new Date(fromMs), new Date(toMs), chosen.map(({ labels_key }) => labels_key), stepMs / 1000],
    );
    const points = new Map<string, ReadingPoint[]>(chosen.map(({ labels_key }) => [labels_key, []]));
    for (const { labels_key, at, value, low, high, min, max, alarm } of rows) points.get(labels_key)?.push({ atMs: at.getTime(), value, low, high, min, max, alarm });
    return { series: [...points].map(([key, all]) => ({ labels: JSON.parse(key) as ReadingLabels, points: all })), omitted: Number(chosen[0]?.total ?? 0) - chosen.length };
  }

  /** Takes back the current reading of a label set; its history stays. */
  async remove(manager: EntityManager, signal: string, labels: ReadingLabels): Promise<void> {
    await manager.query('DELETE FROM signalbox.reading WHERE signal = $1 AND labels_key = $2', [signal, labelsKey(labels)]);
  }

  /** Purges history that is older than READING_HISTORY_DAYS; returns the number of rows. */
  async purge(nowMs: number): Promise<number> {
    const result: [unknown, number] = await this.dataSource.query('DELETE FROM signalbox.reading_history WHERE minute < $1', [new Date(nowMs - READING_HISTORY_DAYS * 24 * 60 * MINUTE_MS)]);
    return result[1];
  }
}

function requireLimit(limit: number): void {
  if (!(limit >= 1 && limit <= MAX_PAGE)) throw new RangeError(`limit is ${limit}; it must be from 1 to ${MAX_PAGE}`);
}

/** Nothing for a signal that this version does not know: a newer one wrote it. */
function toReading(row: Row): readonly Reading[] {
  const signal = SIGNALS.find((known): known is Signal => known === row.signal);
  if (signal === undefined) return [];
  return [
    {
      signal,
      labels: JSON.parse(row.labels_key) as ReadingLabels,
      atMs: row.at.getTime(),
      value: row.value,
      interval: row.low === null || row.high === null ? null : { low: row.low, high: row.high },
      alarm: row.alarm,
      evidence: row.evidence,
      detail: row.detail ?? {},
    },
  ];
}
