/** Metrics by name, as a strict reader of Prometheus' text format 0.0.4 sees them. */
export interface Metric {
  readonly type: string;
  readonly help: string | null;
  /** Series, `name{labels}` with the labels sorted, to value. */
  readonly series: Map<string, number>;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/y;
const TYPES = new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped']);
/** Suffixes of a histogram's series. */
const HISTOGRAM = ['_bucket', '_sum', '_count'];

/**
 * Reads an exposition and refuses what a scraper may refuse: a name that is none, a metric without
 * or with two TYPEs, lines of a metric apart, a series twice, a counter that is negative or not
 * named _total, buckets that do not add up.
 */
export function parseExposition(text: string): Map<string, Metric> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const metrics = new Map<string, Metric>();
  const helps = new Map<string, string>();
  const series = new Set<string>();
  let current = '';
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const help = /^# HELP (\S+) (.*)$/.exec(line);
    const type = /^# TYPE (\S+) (\S+)$/.exec(line);
    if (help) {
      if (helps.has(help[1]!)) throw new Error(`HELP twice: ${line}`);
      helps.set(help[1]!, help[2]!);
    } else if (type) {
      const [, name = '', kind = ''] = type;
      if (!NAME.test(name) || !TYPES.has(kind)) throw new Error(`no metric: ${line}`);
      if (metrics.has(name)) throw new Error(`TYPE twice: ${line}`);
      if (kind === 'counter' && !name.endsWith('_total')) throw new Error(`a counter without _total: ${line}`);
      metrics.set(name, { type: kind, help: helps.get(name) ?? null, series: new Map() });
      current = name;
    } else if (line.startsWith('#')) throw new Error(`a remark that is none: ${line}`);
    else addSample(line, current, metrics.get(current), series);
  }
  for (const [name, metric] of metrics) if (metric.type === 'histogram') checkHistogram(name, metric);
  return metrics;
}

function addSample(line: string, current: string, metric: Metric | undefined, seen: Set<string>): void {
  const [, name = '', labels, value = ''] = /^([^\s{]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  const family = metric?.type === 'histogram' ? HISTOGRAM.map((suffix) => current + suffix) : [current];
  if (!metric || !NAME.test(name) || !family.includes(name)) throw new Error(`not of the metric before it, ${current}: ${line}`);
  const key = `${name}{${parseLabels(labels ?? '', line).join()}}`;
  if (seen.has(key)) throw new Error(`twice: ${line}`);
  seen.add(key);
  const number = value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value);
  if (!/^[-+0-9.eE]+$|^\+Inf$/.test(value) || Number.isNaN(number)) throw new Error(`no number: ${line}`);
  if (metric.type === 'counter' && number < 0) throw new Error(`a negative counter: ${line}`);
  metric.series.set(key, number);
}

function parseLabels(text: string, line: string): string[] {
  const labels: string[] = [];
  const names = new Set<string>();
  for (LABEL.lastIndex = 0; LABEL.lastIndex < text.length; ) {
    const at = LABEL.lastIndex;
    const label = LABEL.exec(text);
    if (!label || label.index !== at) throw new Error(`labels that are none: ${line}`);
    if (names.has(label[1]!)) throw new Error(`a label twice: ${line}`);
    names.add(label[1]!);
    labels.push(`${label[1]}="${label[2]}"`);
  }
  return labels.toSorted();
}

function checkHistogram(name: string, { series }: Metric): void {
  const counts = [...series].filter(([key]) => key.startsWith(`${name}_count{`));
  for (const [key, count] of counts) {
    const own = key.slice(`${name}_count{`.length, -1).split(',').filter(Boolean);
    const buckets = [...series]
      .filter(([bucket]) => bucket.startsWith(`${name}_bucket{`) && own.every((label) => bucket.includes(label)))
      .map(([bucket, value]) => ({ rest: bucket.replace(/le="[^"]*",?/, ''), le: Number(/le="([^"]*)"/.exec(bucket)?.[1]?.replace('+Inf', 'Infinity')), value }))
      .filter(({ rest }) => rest.slice(`${name}_bucket{`.length, -1).split(',').filter(Boolean).length === own.length)
      .toSorted((a, b) => a.le - b.le);
    if (buckets.at(-1)?.le !== Number.POSITIVE_INFINITY || buckets.at(-1)?.value !== count) throw new Error(`${key}: the last bucket is not the count`);
    for (const [i, { value }] of buckets.entries()) if (i > 0 && value < buckets[i - 1]!.value) throw new Error(`${key}: buckets that fall`);
  }
}

/** Sum of a metric's series that hold all the labels. */
export function sumOf(metrics: ReadonlyMap<string, Metric>, name: string, labels: readonly string[] = []): number {
  return [...(metrics.get(name)?.series ?? [])].filter(([key]) => labels.every((label) => key.includes(label))).reduce((sum, [, value]) => sum + value, 0);
}
