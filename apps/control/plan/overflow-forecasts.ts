import { setImmediate as nextTurn } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { addOverflow, type LayerOverflow, newLayerOverflow } from '#libs/planning/overflow/forecast-overflow';
import { decodeTrace } from '#libs/trace/codec';
import { type RoutingTrace } from '#libs/trace/trace';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { auditOf } from '../http/audited.ts';
import { windowBody } from '../routing/time-window.ts';
import { cutOf } from '../routing/usage-cut.ts';
import { RELEASE_CATALOG, type ReleaseCatalog } from '../routing/usage-reader.ts';
import { withhold } from '../routing/withhold.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { TRACE_OPENER, TRACE_VAULT, type TraceOpener, type TraceVault } from '../traces/trace-vault.ts';

type Route = typeof ROUTES.forecastOverflow;
type Factor = NonNullable<RouteOutput<Route>['factors']>[number];

/** Selections that one forecast looks at, over all factors: about a second of work. */
const MAX_SELECTIONS = 100_000_000;

/** Says what capacity factors would have dropped, from recorded traces. */
@Injectable()
export class OverflowForecasts {
  constructor(
    @Inject(TRACE_VAULT) private readonly vault: TraceVault,
    @Inject(TRACE_OPENER) private readonly opener: TraceOpener,
    @Inject(RELEASE_CATALOG) private readonly catalog: ReleaseCatalog,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  async forecast(asked: RouteInput<Route>['query'], caller: Principal): Promise<RouteOutput<Route>> {
    const nowMs = this.settings.now();
    const { choice, window, query } = await cutOf(this.catalog, asked, nowMs);
    const filter = { ...window, status: 'answered', ...(query.segment ? { segment: query.segment } : {}), ...(asked.release === undefined ? { model: choice.model } : { releaseId: asked.release }) } as const;
    const audit = auditOf(caller, nowMs, 'trace.forecast', `model/${choice.model}`, { requests: asked.requests, ...windowBody(window) });
    const found = await this.vault.lookAtNewest(filter, asked.requests, audit);
    const overflows = asked.factors.map(() => Array.from({ length: choice.layers }, newLayerOverflow));
    let requests = 0;
    let selections = 0;
    for (const { requestId, sealedTrace } of found) {
      const trace = decodeTrace(this.opener.open(requestId, sealedTrace));
      if (!isOfShape(trace, choice)) continue;
      selections += trace.expertIds.length * asked.factors.length;
      if (selections > MAX_SELECTIONS && requests > 0) break;
      for (const [at, factor] of asked.factors.entries()) addOverflow(trace, factor, overflows[at]!);
      requests += 1;
      // Others are served on this thread too.
      await nextTurn();
    }
    const head = { model: choice.model, releases: [...choice.releaseIds], window: windowBody(window) };
    const withheld = withhold(requests, this.settings.minRequests);
    return withheld ? { ...head, withheld } : { ...head, requests, factors: asked.factors.map((factor, at) => factorBody(factor, overflows[at]!)) };
  }
}

function isOfShape(trace: RoutingTrace, { layers, experts, topK }: { readonly layers: number; readonly experts: number; readonly topK: number }): boolean {
  return trace.layers === layers && trace.experts === experts && trace.topK === topK;
}

function factorBody(factor: number, layers: readonly LayerOverflow[]): Factor {
  const sum = (of: keyof LayerOverflow): number => layers.reduce((all, layer) => all + layer[of], 0);
  const share = (part: number, all: number): number => (all === 0 ? 0 : part / all);
  const shares = layers.map((layer) => share(layer.dropped, layer.selections));
  const worst = shares.indexOf(Math.max(...shares));
  return { factor, droppedShare: share(sum('dropped'), sum('selections')), lostGateShare: share(sum('lostMass'), sum('gateMass')), worstLayer: { layer: worst, droppedShare: shares[worst] ?? 0 } };
}
