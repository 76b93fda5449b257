export const FAULT_KINDS = ['fail', 'slow', 'corrupt', 'not-a-number'] as const;

/**
 * A fault to inject into one expert of every release, for a drill. fail: its runs throw. slow: they take
 * delayMs longer. corrupt: they give finite numbers that are wrong. not-a-number: they give NaN.
 */
export interface Fault {
  readonly layer: number;
  readonly expert: number;
  readonly kind: (typeof FAULT_KINDS)[number];
  readonly delayMs: number;
  /** Share of runs it strikes, above 0 and at most 1, evenly spread. */
  readonly share: number;
}

/** A fault file says something that cannot be meant; the message names the field. */
export class FaultPlanError extends Error {
  override readonly name = 'FaultPlanError';
}

const MAX_FAULTS = 100_000;
const MAX_DELAY_MS = 60_000;

/** Reads `{"faults": [{"layer", "expert", "kind", "delayMs"?, "share"?}]}`. @throws FaultPlanError */
export function parseFaultPlan(text: string): readonly Fault[] {
  let plan: unknown;
  try {
    plan = JSON.parse(text);
  } catch (error) {
    throw new FaultPlanError(`it is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const faults = isRecord(plan) ? plan['faults'] : null;
  if (!Array.isArray(faults)) throw new FaultPlanError('faults is missing; give {"faults": [...]}');
  if (faults.length > MAX_FAULTS) throw new FaultPlanError(`faults has ${faults.length} entries; give at most ${MAX_FAULTS}`);
  return faults.map((fault: unknown, at) => faultOf(fault, `faults[${at}]`));
}

function faultOf(fault: unknown, where: string): Fault {
  if (!isRecord(fault)) throw new FaultPlanError(`${where} is no object`);
  const { layer, expert, kind, delayMs = 100, share = 1, ...others } = fault;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new FaultPlanError(`${where}.${unknown} is unknown; give layer, expert, kind, delayMs and share`);
  if (!isIndex(layer)) throw new FaultPlanError(`${where}.layer is not a whole number from 0`);
  if (!isIndex(expert)) throw new FaultPlanError(`${where}.expert is not a whole number from 0`);
  const known = FAULT_KINDS.find((one) => one === kind);
  if (!known) throw new FaultPlanError(`${where}.kind is not one of ${FAULT_KINDS.join(', ')}`);
  if (typeof delayMs !== 'number' || !(delayMs >= 0 && delayMs <= MAX_DELAY_MS)) throw new FaultPlanError(`${where}.delayMs is not a number from 0 to ${MAX_DELAY_MS}`);
  if (typeof share !== 'number' || !(share > 0 && share <= 1)) throw new FaultPlanError(`${where}.share is not a number above 0 and at most 1`);
  return { layer, expert, kind: known, delayMs, share };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isIndex(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 65_536;
}
