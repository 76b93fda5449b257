/** What a plan is made for; it stands in the address. */
export interface PlanSearch {
  readonly release?: string;
  readonly devices?: number;
  /** Memory for experts on each device, GiB. */
  readonly memoryGiB?: number;
  readonly copies?: number;
}

export const DEFAULT_DEVICES = 4;
const MOST_DEVICES = 4096;
const MOST_COPIES = 256;
const GIB = 1024 ** 3;

export function parsePlan({ release, devices, memoryGiB, copies }: Readonly<Record<string, unknown>>): PlanSearch {
  return {
    ...(typeof release === 'string' && /^[\da-f]{64}$/.test(release) && { release }),
    ...(isWhole(devices, 1, MOST_DEVICES) && { devices }),
    ...(typeof memoryGiB === 'number' && bytesOf(memoryGiB) !== null && { memoryGiB }),
    ...(isWhole(copies, 1, MOST_COPIES) && { copies }),
  };
}

/** Whole bytes of so many GiB; null for what is no memory. */
export function bytesOf(memoryGiB: number): number | null {
  const bytes = Math.floor(memoryGiB * GIB);
  return Number.isSafeInteger(bytes) && bytes >= 1 ? bytes : null;
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}
