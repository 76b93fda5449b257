import { Inject, Injectable } from '@nestjs/common';
import { placeExperts, type Imbalance, type Loads } from '#libs/planning/placement/place-experts';
import { expertName } from '#libs/release/component';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type UsageGroup } from '#libs/store/usage/usage-query';
import { windowBody } from '../routing/time-window.ts';
import { cutOf } from '../routing/usage-cut.ts';
import { RELEASE_CATALOG, type ReleaseCatalog, USAGE_READER, type UsagePort } from '../routing/usage-reader.ts';
import { withhold } from '../routing/withhold.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';

type Route = typeof ROUTES.planPlacement;

/** Plans where experts go, from the recorded roll-ups. */
@Injectable()
export class PlacementPlans {
  constructor(
    @Inject(USAGE_READER) private readonly usageReader: UsagePort,
    @Inject(RELEASE_CATALOG) private readonly catalog: ReleaseCatalog,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  async plan(asked: RouteInput<Route>['query']): Promise<RouteOutput<Route>> {
    const { choice, window, query } = await cutOf(this.catalog, asked, this.settings.now());
    const release = asked.release ?? (await this.catalog.activeRelease(choice.model)) ?? choice.releaseIds[0];
    if (release === undefined) throw new Error(`model ${choice.model} has a choice without releases`);
    const [{ groups }, sizes] = await Promise.all([this.usageReader.usageMatrix({ ...query, groupBy: { time: 'hour' } }), this.catalog.componentSizes(release)]);
    const head = { model: choice.model, releases: [...choice.releaseIds], release, window: windowBody(window) };
    const requests = groups.reduce((sum, { layers }) => sum + (layers[0]?.requests ?? 0), 0);
    const withheld = withhold(requests, this.settings.minRequests);
    if (withheld) return { ...head, withheld };
    const { layers, experts } = choice;
    const hours = groups.map((group) => loadsOf(group, layers, experts));
    const loads = empty(layers, experts).map((row, layer) => row.map((_, expert) => hours.reduce((sum, hour) => sum + hour[layer]![expert]!, 0)));
    const expertBytes = loads.map((row, layer) => row.map((_, index) => sizes[expertName(layer, index)] ?? 0));
    const neededBytes = expertBytes.flat().reduce((sum, bytes) => sum + bytes, 0);
    const placement = placeExperts({ loads, parts: hours, expertBytes }, { devices: asked.devices, deviceBytes: asked.deviceBytes ?? null, extraCopies: asked.extraCopies });
    if (!placement.fits) return { ...head, requests, fits: false, neededBytes };
    return {
      ...head,
      requests,
      fits: true,
      neededBytes,
      deviceBytes: [...placement.deviceBytes],
      layers: placement.layers.map(({ devices, imbalance, inBlocks }, layer) => ({
        layer,
        imbalance: body(imbalance),
        inBlocks: body(inBlocks),
        copied: devices.flatMap((held, expert) => (held.length > 1 ? [{ expert, copies: held.length }] : [])),
        devices: devices.map((held) => [...held]),
      })),
    };
  }
}

function empty(layers: number, experts: number): number[][] {
  return Array.from({ length: layers }, () => Array.from({ length: experts }, () => 0));
}

function loadsOf({ layers: recorded }: UsageGroup, layers: number, experts: number): Loads {
  const loads = empty(layers, experts);
  for (const { layer, load } of recorded) if (loads[layer]) loads[layer] = [...load];
  return loads;
}

function body({ overall, worstPart }: Imbalance): { overall: number; worstHour: number } {
  return { overall, worstHour: worstPart };
}
