import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { decideTenantReach } from '#libs/governance/access/tenant-reach';
import { type Principal } from '#libs/platform/auth/scopes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { baselineInForce } from '#libs/store/detection/baseline';
import { BASELINES, type BaselinesPort } from '../detection/detection-ports.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { compareLayers } from './comparison.ts';
import { requestsOf } from './reports.ts';
import { windowBody } from './time-window.ts';
import { type AskedCut, cutOf, type UsageCut } from './usage-cut.ts';
import { RELEASE_CATALOG, type ReleaseCatalog, USAGE_READER, type UsagePort } from './usage-reader.ts';
import { withhold } from './withhold.ts';

type Asked = RouteInput<typeof ROUTES.compareUsage>['query'];
type Comparison = RouteOutput<typeof ROUTES.compareUsage>;

/** Puts two cuts of the recorded usage side by side. */
@Injectable()
export class ComparisonReports {
  constructor(
    @Inject(USAGE_READER) private readonly usageReader: UsagePort,
    @Inject(RELEASE_CATALOG) private readonly catalog: ReleaseCatalog,
    @Inject(BASELINES) private readonly baselines: Pick<BaselinesPort, 'adopted'>,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  /** @throws ProblemError 400, 403, 404, 409 */
  async compare(asked: Asked, caller: Pick<Principal, 'tenant' | 'name'>): Promise<Comparison> {
    const nowMs = this.settings.now();
    const cut = await cutOf(this.catalog, asked, nowMs);
    const labels = { tenant: ownTenant(asked.otherTenant, caller), task: asked.otherTask, language: asked.otherLanguage };
    const baseline = asked.other === 'baseline' ? await this.#baseline(cut, asked) : null;
    const other = await cutOf(this.catalog, { ...(baseline ?? sideOf(asked)), ...labels, model: cut.choice.model, layer: asked.layer }, nowMs);
    if (other.choice.layers !== cut.choice.layers || other.choice.experts !== cut.choice.experts || other.choice.topK !== cut.choice.topK) throw shapesDiffer();
    const [own, theirs] = await Promise.all([this.#read(cut), this.#read(other)]);
    const one = { ...sideBody(cut, asked), baselineId: null, ...own.counted };
    const otherSide = { ...sideBody(other, labels), baselineId: baseline?.id ?? null, ...theirs.counted };
    const body = { model: cut.choice.model, experts: cut.choice.experts, topK: cut.choice.topK, one, other: otherSide };
    return own.isShown && theirs.isShown ? { ...body, layers: compareLayers(own.layers, theirs.layers, cut.choice.topK) } : body;
  }

  async #read({ query }: UsageCut) {
    const { groups } = await this.usageReader.usageMatrix(query);
    const layers = groups[0]?.layers ?? [];
    const requests = requestsOf({ layers });
    const withheld = withhold(requests, this.settings.minRequests);
    return { layers, isShown: withheld === null, counted: withheld ? { withheld } : { requests } };
  }

  /** The traffic that the baseline in force stands on: of its release, in its time. */
  async #baseline({ choice }: UsageCut, asked: Asked): Promise<AskedCut & { readonly id: string }> {
    const given = (['otherRelease', 'otherFrom', 'otherTo'] as const).find((field) => asked[field] !== undefined);
    if (given !== undefined) throw wrongField(given, 'leave it out: the baseline says its release and time');
    const release = asked.release ?? (await this.catalog.activeRelease(choice.model)) ?? choice.releaseIds[0] ?? '';
    const found = baselineInForce(await this.baselines.adopted(), choice.model, release, choice);
    if (found === null) {
      throw new ProblemError({
        status: 404,
        code: 'no_baseline',
        title: 'There is no baseline in force',
        detail: `Query field other: ${choice.model} has no adopted baseline of this shape. The first one freezes by itself once enough requests are recorded; POST /api/v1/baselines makes others.`,
        field: 'other',
      });
    }
    return { id: found.id, release: found.releaseId, from: new Date(found.fromMs).toISOString(), to: new Date(found.toMs).toISOString() };
  }
}

function sideOf({ otherRelease, otherFrom, otherTo, from, to }: Asked): AskedCut {
  return { release: otherRelease, ...(otherFrom === undefined && otherTo === undefined ? { from, to } : { from: otherFrom, to: otherTo }) };
}

function sideBody({ choice, window }: UsageCut, { tenant, task, language }: AskedCut) {
  return {
    releases: [...choice.releaseIds],
    window: windowBody(window),
    ...(tenant !== undefined && { tenant }),
    ...(task !== undefined && { task }),
    ...(language !== undefined && { language }),
  };
}

/** The tenant of the other side; who is bound to a tenant gets that one, as on the first side. */
function ownTenant(asked: string | undefined, { tenant, name }: Pick<Principal, 'tenant' | 'name'>): string | undefined {
  const decision = decideTenantReach(tenant, 'own', asked ?? null);
  if (decision.reach === 'all') return asked;
  if (decision.reach === 'own') return decision.tenant;
  throw new ProblemError({ status: 403, code: 'tenant_bound', title: 'You may not see this', detail: `Query field otherTenant: "${name}" is bound to the tenant ${tenant}. Leave it out.`, field: 'otherTenant' });
}

function shapesDiffer(): ProblemError {
  return new ProblemError({
    status: 409,
    code: 'shapes_differ',
    title: 'The two sides cannot be compared',
    detail: 'Query field otherRelease: the releases differ in layers, experts or top-k; choose one of the same shape.',
    field: 'otherRelease',
  });
}

function wrongField(field: string, remedy: string): ProblemError {
  return new ProblemError({ status: 400, code: 'invalid_field', title: 'A field is wrong', detail: `Query field ${field}: ${remedy}.`, field });
}
