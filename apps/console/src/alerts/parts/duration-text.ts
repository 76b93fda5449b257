const UNITS = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90 s`, `5 min`, `7 d`: in the largest unit that leaves a whole number. */
export function durationText(ms: number): string {
  const [unit, size] = Object.entries(UNITS).toReversed().find(([, one]) => ms % one === 0 && ms >= one) ?? ['ms', 1];
  return ms === 0 ? '0 s' : `${ms / size} ${unit}`;
}

/** Milliseconds of `5 min`, `90s`, `1.5 h`; null for what is no duration. */
export function durationMs(text: string): number | null {
  const found = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)\s*$/.exec(text);
  return found === null ? null : Math.round(Number(found[1]) * UNITS[found[2] as keyof typeof UNITS]);
}
