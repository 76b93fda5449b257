/** Numbers as people read them; all take null for a figure that is not there. */
const NONE = 'none';
const LOCALE = 'en';

/** Making one costs far more than using it, and charts format hundreds of numbers a frame. */
const formatters = new Map<string, Intl.NumberFormat>();

function digits(value: number, options: Intl.NumberFormatOptions): string {
  const key = JSON.stringify(options);
  const known = formatters.get(key) ?? new Intl.NumberFormat(LOCALE, options);
  formatters.set(key, known);
  return known.format(value);
}

/** 1,234 or 12.3k. */
export function formatCount(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  return Math.abs(value) < 10_000 ? digits(value, { maximumFractionDigits: 0 }) : digits(value, { notation: 'compact', maximumFractionDigits: 1 });
}

/** What arithmetic leaves of zero. */
const ROUNDING = 1e-12;
const SMALL = 1e-4;

/** Three significant digits; in powers of ten where zeros would fill the line. */
export function formatNumber(value: number | null | undefined, significant = 3): string {
  if (value === null || value === undefined) return NONE;
  const size = Math.abs(value);
  if (size < ROUNDING) return '0';
  return digits(value, { maximumSignificantDigits: significant, ...(size < SMALL && { notation: 'scientific' }) });
}

/** A share of 1 as per cent. */
export function formatPercent(share: number | null | undefined, fractionDigits = 1): string {
  return share === null || share === undefined ? NONE : digits(share, { style: 'percent', maximumFractionDigits: fractionDigits });
}

export function formatBits(bits: number | null | undefined): string {
  return bits === null || bits === undefined ? NONE : `${formatNumber(bits)} bit`;
}

/** Milliseconds in the unit that fits: 250 µs, 12.5 ms, 3.2 s, 5 min, 2 h, 3 d. */
export function formatDuration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return NONE;
  if (ms === 0) return '0 ms';
  const steps: readonly (readonly [number, number, string])[] = [
    [1, 0.001, 'µs'],
    [1000, 1, 'ms'],
    [60_000, 1000, 's'],
    [3_600_000, 60_000, 'min'],
    [86_400_000, 3_600_000, 'h'],
    [Infinity, 86_400_000, 'd'],
  ];
  const [, unit, name] = steps.find(([below]) => Math.abs(ms) < below) ?? steps[5]!;
  return `${formatNumber(ms / unit)} ${name}`;
}

export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) return NONE;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, Math.abs(bytes))) / 10)));
  return `${formatNumber(bytes / 2 ** (10 * step))} ${units[step]}`;
}

/** The first digits of a SHA-256, enough to tell releases apart by eye. */
export function shortId(id: string): string {
  return /^[0-9a-f]{64}$/.test(id) ? id.slice(0, 10) : id;
}
