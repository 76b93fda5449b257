/** Loads by layer and expert, in tokens. */
export type Loads = readonly (readonly number[])[];

/** What the experts of a model ask for. */
export interface ExpertDemand {
  /** Over the whole time that was recorded. */
  readonly loads: Loads;
  /** The same cut into parts, such as hours: a placement is judged by its worst part too. */
  readonly parts: readonly Loads[];
  /** [layer][expert] weights in memory, bytes. */
  readonly expertBytes: readonly (readonly number[])[];
}

/** Where they may go. */
export interface Fleet {
  readonly devices: number;
  /** Memory for experts on each device, bytes; null: enough for anything. */
  readonly deviceBytes: number | null;
  /** Copies beyond the first, at most, in each layer. */
  readonly extraCopies: number;
}

/** Largest load of a device over the mean of all; 1 is even. */
export interface Imbalance {
  readonly overall: number;
  /** Of the part in which it is largest. */
  readonly worstPart: number;
}

export interface LayerPlacement {
  /** By expert, the devices that hold it, ascending; its tokens are shared out evenly between them. */
  readonly devices: readonly (readonly number[])[];
  readonly imbalance: Imbalance;
  /** With experts dealt out in blocks, expert e on device floor(e * devices / experts), as engines do unless told otherwise. */
  readonly inBlocks: Imbalance;
}

export type Placement =
  | { readonly fits: true; readonly layers: readonly LayerPlacement[]; readonly deviceBytes: readonly number[] }
  | { readonly fits: false; readonly reason: 'too-little-memory' | 'no-device-has-room'; readonly neededBytes: number };

/**
 * Decides which experts to copy and where each goes, so that in every layer the busiest device has as
 * little as possible. Copies go one by one to the expert with the most tokens for each copy, in the layer
 * whose busiest copy stands out most, while memory and extraCopies allow it; copies are then dealt out
 * longest first to the least loaded device that has room and does not hold that expert (LPT, Graham 1969;
 * without copies and without a bound of memory at most 4/3 - 1/(3 devices) of the best there is). A layer
 * that is better without copies has none, and one that blocks serve better stays in blocks. Ties go to the lower number, so the answer is one.
 */
export function placeExperts(demand: ExpertDemand, fleet: Fleet): Placement {
  const { loads, parts, expertBytes } = demand;
  const neededBytes = expertBytes.flat().reduce((sum, bytes) => sum + bytes, 0);
  if (fleet.deviceBytes !== null && neededBytes > fleet.devices * fleet.deviceBytes) return { fits: false, reason: 'too-little-memory', neededBytes };
  const copies = chooseCopies(demand, fleet, neededBytes);
  const free = Array.from({ length: fleet.devices }, () => fleet.deviceBytes ?? Infinity);
  const layers: LayerPlacement[] = [];
  for (const [layer, own] of loads.entries()) {
    const judge = (devices: readonly (readonly number[])[]): Imbalance => imbalanceOf(devices, own, parts.map((part) => part[layer]!), fleet.devices);
    const blocks = own.map((_, expert) => [Math.floor((expert * fleet.devices) / own.length)]);
    const inBlocks = judge(blocks);
    const dealt = [copies[layer]!, own.map(() => 1)].map((each) => deal(own, each, expertBytes[layer]!, free));
    const options = [...dealt, holds(blocks, expertBytes[layer]!, free) ? blocks : null].filter((option) => option !== null);
    const [best] = options.map((devices) => ({ devices, imbalance: judge(devices) })).toSorted((a, b) => a.imbalance.overall - b.imbalance.overall);
    if (!best) return { fits: false, reason: 'no-device-has-room', neededBytes };
    for (const [expert, held] of best.devices.entries()) for (const device of held) free[device]! -= expertBytes[layer]![expert]!;
    layers.push({ ...best, inBlocks });
  }
  return { fits: true, layers, deviceBytes: free.map((_, device) => sumHeld(layers, expertBytes, device)) };
}

/** [layer][expert] copies. */
function chooseCopies({ loads, expertBytes }: ExpertDemand, { devices, deviceBytes, extraCopies }: Fleet, neededBytes: number): number[][] {
  const copies = loads.map((own) => own.map(() => 1));
  const spare = loads.map(() => extraCopies);
  let freeBytes = deviceBytes === null ? Infinity : devices * deviceBytes - neededBytes;
  for (;;) {
    let best: { layer: number; expert: number; peak: number } | null = null;
    for (const [layer, own] of loads.entries()) {
      const total = own.reduce((sum, load) => sum + load, 0);
      if (spare[layer] === 0 || total === 0) continue;
      for (const [expert, load] of own.entries()) {
        const peak = (load / copies[layer]![expert]!) * (devices / total);
        // A copy that already is below an even device's share makes nothing better.
        if (peak <= 1 / own.length || copies[layer]![expert]! >= devices || expertBytes[layer]![expert]! > freeBytes) continue;
        if (best === null || peak > best.peak) best = { layer, expert, peak };
      }
    }
    if (best === null) return copies;
    copies[best.layer]![best.expert]! += 1;
    spare[best.layer]! -= 1;
    freeBytes -= expertBytes[best.layer]![best.expert]!;
  }
}

/** By expert its devices; null where a copy finds no room. */
function deal(loads: readonly number[], copies: readonly number[], bytes: readonly number[], free: readonly number[]): number[][] | null {
  const left = [...free];
  const carried = free.map(() => 0);
  const held = loads.map((): number[] => []);
  const order = loads.flatMap((load, expert) => Array.from({ length: copies[expert]! }, () => ({ expert, load: load / copies[expert]! }))).toSorted((a, b) => b.load - a.load || a.expert - b.expert);
  for (const { expert, load } of order) {
    let device = -1;
    for (let at = 0; at < free.length; at++) {
      if (left[at]! < bytes[expert]! || held[expert]!.includes(at)) continue;
      if (device < 0 || carried[at]! < carried[device]! || (carried[at] === carried[device] && left[at]! > left[device]!)) device = at;
    }
    if (device < 0) return null;
    held[expert]!.push(device);
    carried[device]! += load;
    left[device]! -= bytes[expert]!;
  }
  for (const devices of held) devices.sort((a, b) => a - b);
  return held;
}

function holds(devices: readonly (readonly number[])[], bytes: readonly number[], free: readonly number[]): boolean {
  const left = [...free];
  for (const [expert, held] of devices.entries()) for (const device of held) left[device]! -= bytes[expert]!;
  return left.every((bytesLeft) => bytesLeft >= 0);
}

function imbalanceOf(devices: readonly (readonly number[])[], loads: readonly number[], parts: readonly (readonly number[])[], count: number): Imbalance {
  return { overall: ratio(devices, loads, count), worstPart: Math.max(ratio(devices, loads, count), ...parts.map((part) => ratio(devices, part, count))) };
}

/** Largest over mean; 1 without tokens. */
function ratio(devices: readonly (readonly number[])[], loads: readonly number[], count: number): number {
  const carried = Array.from({ length: count }, () => 0);
  for (const [expert, held] of devices.entries()) for (const device of held) carried[device]! += loads[expert]! / held.length;
  const total = carried.reduce((sum, load) => sum + load, 0);
  return total === 0 ? 1 : (Math.max(...carried) * count) / total;
}

function sumHeld(layers: readonly LayerPlacement[], bytes: readonly (readonly number[])[], device: number): number {
  let sum = 0;
  for (const [layer, { devices }] of layers.entries()) for (const [expert, held] of devices.entries()) if (held.includes(device)) sum += bytes[layer]![expert]!;
  return sum;
}
