/** Colours on each side of the middle; more are not told apart. */
const STEPS = 24;
const LIMITS = [0.25, 0.5, 1, 2, 3, 4];
/** Share of the cells that must not be beyond the end of the scale. */
const COVERED = 0.98;

/** The end of a symmetric scale of log2 ratios: the smallest that covers nearly all finite ones. */
export function scaleLimit(...maps: readonly Float64Array[]): number {
  const sizes = Float64Array.from(maps.flatMap((map) => [...map].filter(Number.isFinite).map(Math.abs))).toSorted();
  const needed = sizes[Math.max(0, Math.ceil(sizes.length * COVERED) - 1)] ?? 0;
  return LIMITS.find((limit) => limit >= needed) ?? LIMITS.at(-1)!;
}

/** Index into a palette; null where there is nothing to compare with. */
export function shadeOf(logRatio: number, limit: number): number | null {
  if (Number.isNaN(logRatio)) return null;
  return STEPS + Math.round(Math.max(-1, Math.min(1, logRatio / limit)) * STEPS);
}

export interface Shade {
  readonly fill: string;
  /** Readable on it. */
  readonly ink: string;
}

/** Shades from `under` over `even` to `over` (all #rrggbb), even steps in OKLab, as CSS gradients `in oklab` have. */
export function palette(under: string, even: string, over: string): readonly Shade[] {
  const [low, middle, high] = [under, even, over].map((colour) => toOklab(rgbOf(colour))) as [Triple, Triple, Triple];
  return Array.from({ length: 2 * STEPS + 1 }, (_, at) => {
    const t = (at - STEPS) / STEPS;
    const rgb = toRgb(mix(middle, t < 0 ? low : high, Math.abs(t)));
    return { fill: `rgb(${rgb.map((part) => Math.round(part * 255)).join(' ')})`, ink: luminance(rgb) > 0.26 ? '#10161d' : '#ffffff' };
  });
}

/** Where the legend has numbers: log2 ratios from end to end. */
export function legendTicks(limit: number): readonly number[] {
  return limit === 3 ? [-3, -1.5, 0, 1.5, 3] : [-limit, -limit / 2, 0, limit / 2, limit];
}

/** 2^logRatio as people say it: 0.25 ×, 1 ×, 2.8 ×; `new` where there was nothing before. */
export function ratioText(logRatio: number): string {
  if (!Number.isFinite(logRatio)) return 'new';
  const ratio = 2 ** logRatio;
  return `${Number(ratio.toPrecision(ratio < 1 ? 2 : ratio < 10 ? 2 : 3))} ×`;
}

type Triple = readonly [number, number, number];

function rgbOf(hex: string): Triple {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(hex);
  if (!match) throw new RangeError(`${hex} is no colour as in #0b626d`);
  return [1, 2, 3].map((part) => parseInt(match[part]!, 16) / 255) as unknown as Triple;
}

function mix(a: Triple, b: Triple, t: number): Triple {
  return a.map((value, at) => value + (b[at]! - value) * t) as unknown as Triple;
}

const toLinear = (value: number): number => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const fromLinear = (value: number): number => Math.min(1, Math.max(0, value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055));

/** WCAG 2.2, relative luminance. */
function luminance([r, g, b]: Triple): number {
  return 0.2126 * toLinear(r) + 0.7152 * toLinear(g) + 0.0722 * toLinear(b);
}

/** Ottosson 2020, "A perceptual color space for image processing". */
function toOklab(rgb: Triple): Triple {
  const [r, g, b] = rgb.map(toLinear) as unknown as Triple;
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s, 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s, 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s];
}

function toRgb([lightness, a, b]: Triple): Triple {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    fromLinear(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    fromLinear(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    fromLinear(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}
