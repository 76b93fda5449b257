/** One stream-month without a change. */
export interface QuietMonth {
  readonly setting: string;
  readonly stream: number;
  readonly month: number;
  /** Alarms of each default rule, Signalbox at its promised threshold among them. */
  readonly alarms: Readonly<Record<string, number>>;
  /** Largest values of each statistic, each window or upswing of evidence once, falling. */
  readonly peaks: Readonly<Record<string, readonly number[]>>;
}

/** One change, watched in all streams. */
export interface ChangeRun {
  readonly setting: string;
  /** Place among the setting's changes: rows keep their order however a run was spread. */
  readonly at: number;
  readonly change: string;
  readonly sizeBits: number;
  readonly rampRequests: number;
  readonly repeat: number;
  /** Requests from the change to the first alarm of each default rule in any stream; null where missed. */
  readonly delays: Readonly<Record<string, number | null>>;
  /** By statistic and stream: where it exceeded all that came after the change before, [requests since the change, value]. */
  readonly records: Readonly<Record<string, readonly (readonly (readonly [number, number])[])[]>>;
}

/** One change as Signalbox's streams call it, at the promised threshold over all of them. */
export interface ToldApart {
  readonly at: number;
  readonly change: string;
  readonly truth: 'nothing' | 'mix' | 'router' | 'weights';
  readonly repeat: number;
  /** What the layers say at the end; `both` where some say the one and some the other. */
  readonly verdict: 'nothing' | 'mix' | 'router' | 'both' | 'undecided';
  /** Requests from the change to the first verdict that is one, null without. */
  readonly requests: number | null;
  /** Layers that say so at the end. */
  readonly mixLayers: readonly number[];
  readonly routerLayers: readonly number[];
}

export interface Results {
  readonly seed: number;
  readonly windowRequests: number;
  readonly settings: readonly { readonly name: string; readonly streams: number; readonly statistics: readonly string[] }[];
  readonly months: readonly QuietMonth[];
  readonly runs: readonly ChangeRun[];
  readonly toldApart: readonly ToldApart[];
}

export function mergeResults(parts: readonly Results[]): Results {
  const kinds = new Set(parts.map(({ seed, windowRequests }) => `seed ${seed}, windows of ${windowRequests}`));
  if (kinds.size !== 1) throw new Error(`the parts are of ${kinds.size} runs (${[...kinds].join('; ')}); merge those of one`);
  const settings = new Map(parts.flatMap((part) => part.settings).map((setting) => [setting.name, setting]));
  return { seed: parts[0]!.seed, windowRequests: parts[0]!.windowRequests, settings: [...settings.values()], months: parts.flatMap(({ months }) => months), runs: parts.flatMap(({ runs }) => runs).toSorted(byPlace), toldApart: parts.flatMap(({ toldApart }) => toldApart).toSorted(byPlace) };
}

function byPlace(left: { readonly at: number; readonly repeat: number }, right: { readonly at: number; readonly repeat: number }): number {
  return left.at - right.at || left.repeat - right.repeat;
}
