import { type ExpertHealth, type Quarantine } from '../api/gen/types.gen.ts';

type Told = ExpertHealth['processes'][number]['experts'][number];

/** Where an expert of a release does not serve. */
export interface OutOfService {
  readonly layer: number;
  readonly expert: number;
  /** The order that keeps it out; null where it failed. */
  readonly quarantine: Quarantine | null;
  /** What processes say of it where it failed. */
  readonly told: readonly Told[];
}

/** Experts of a release that do not serve, by layer and expert. */
export function outOfService({ quarantines, processes }: ExpertHealth, releaseId: string): readonly OutOfService[] {
  const found = new Map<string, OutOfService>();
  for (const one of quarantines) {
    if (one.releaseId !== null && one.releaseId !== releaseId) continue;
    found.set(`${one.layer}/${one.expert}`, { layer: one.layer, expert: one.expert, quarantine: one, told: [] });
  }
  for (const { experts } of processes) {
    for (const one of experts) {
      const key = `${one.layer}/${one.expert}`;
      if (one.releaseId !== releaseId || one.state === 'quarantined') continue;
      const known = found.get(key);
      found.set(key, { layer: one.layer, expert: one.expert, quarantine: known?.quarantine ?? null, told: [...(known?.told ?? []), one] });
    }
  }
  return [...found.values()].toSorted((a, b) => a.layer - b.layer || a.expert - b.expert);
}

const RUNGS: Readonly<Record<string, string>> = {
  renormalise: 'the other experts that were selected, with their gates divided anew',
  'next-best': 'the next best experts by the router',
  generalist: 'the generalist of the layer',
  dense: 'another model, which answers the whole request',
};

/** Who serves in place of an expert, in the order of the release's ladder. */
export function ladderWords(ladder: readonly string[] | undefined): string {
  return (ladder ?? ['renormalise', 'next-best']).map((rung) => RUNGS[rung] ?? rung).join('; else ');
}

export interface QuarantinePlan {
  readonly model: string;
  readonly layer: number;
  readonly expert: number;
  readonly isEverywhere: boolean;
  /** How long; null: until it is lifted. */
  readonly hours: number | null;
  readonly processes: number;
  /** Experts of the layer that would be left. */
  readonly left: number;
  readonly topK: number;
  readonly ladder: readonly string[] | undefined;
}

/** Exactly what a quarantine does. */
export function consequencesOf({ model, layer, expert, isEverywhere, hours, processes, left, topK, ladder }: QuarantinePlan): readonly string[] {
  const who = processes === 1 ? 'the live process' : `all ${processes} live processes`;
  return [
    `Expert ${expert} of layer ${layer} gets no more tokens, in ${isEverywhere ? `every release of ${model}, those to come too` : 'this release alone'}, in ${who}, at once.`,
    `Its tokens are served by ${ladderWords(ladder)}.`,
    `${left} experts of the layer are left; each token selects ${topK}.${left < topK ? ' That is too few: it will be refused.' : ''}`,
    'No request fails for it. Answers can differ; those of this model carry the header x-signalbox-degraded.',
    hours === null ? 'It stays out, through restarts too, until somebody lifts it.' : `It stays out, through restarts too, for ${hours === 1 ? 'an hour' : `${hours} hours`}, or until somebody lifts it.`,
  ];
}
