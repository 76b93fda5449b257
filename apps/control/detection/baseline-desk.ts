import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { issuersOf } from '#libs/governance/access/issuers';
import { sharedHand } from '#libs/governance/change/persons';
import { type Principal } from '#libs/platform/auth/scopes';
import { DAY_MS } from '#libs/store/capture/days';
import { type Baseline, type NewBaseline } from '#libs/store/detection/baseline';
import { type ChangeOutcome, MAX_FREEZING } from '#libs/store/detection/baselines';
import { type StoredRelease } from '#libs/store/releases/releases';
import { auditOf } from '../http/audited.ts';
import { decodeCursor, isInstantMs, isUuid, page } from '../http/cursor.ts';
import { GOVERNANCE_MODE, type GovernanceModePort } from '../models/activation-ports.ts';
import { RELEASES, type ReleasesPort } from '../releases/releases-port.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { anotherAccountNeeded, baselineChanged, baselineNotFound, nothingToFreeze, releaseNotFound, releaseOfAnotherModel, tooManyFreezing, wrongRange, wrongState } from './detection-problems.ts';
import { BASELINES, type BaselinesPort } from './detection-ports.ts';
import { baselineBody } from './detection-views.ts';

type BaselineBody = RouteOutput<typeof ROUTES.getBaseline>;

/** Freezing, adopting and cancelling baselines. */
@Injectable()
export class BaselineDesk {
  constructor(
    @Inject(BASELINES) private readonly baselines: BaselinesPort,
    @Inject(RELEASES) private readonly releases: ReleasesPort,
    @Inject(GOVERNANCE_MODE) private readonly governance: GovernanceModePort,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  /** @throws ProblemError 400, 404, 409 */
  async create({ model, release, from, to, requests, segments, mixByHour, mixBySegment }: RouteInput<typeof ROUTES.createBaseline>['body'], caller: Principal): Promise<BaselineBody> {
    const { releaseId, manifest } = await this.#release(model, release);
    const nowMs = this.settings.now();
    const toMs = to === undefined ? nowMs : Date.parse(to);
    const fromMs = from === undefined ? Math.min(toMs - 1, nowMs - this.settings.retentionDays * DAY_MS) : Date.parse(from);
    if (fromMs >= toMs) throw wrongRange();
    const baseline: NewBaseline = {
      id: randomUUID(), model, releaseId, layers: manifest.shape.layers, experts: manifest.shape.experts, fromMs, toMs,
      options: { sampleRequests: requests, segments, mixByHour, mixBySegment, adoptFirst: false },
      createdBy: caller.accountId, createdByIssuers: issuersOf(caller.issuedBy), createdAtMs: nowMs,
    };
    const audit = { ...auditOf(caller, nowMs, 'baseline.freeze', `baseline/${baseline.id}`, { model, release: releaseId }), after: { state: 'freezing' } };
    if ((await this.baselines.create(baseline, audit)) === 'too-many-freezing') throw tooManyFreezing(MAX_FREEZING);
    return this.find(baseline.id);
  }

  async list({ model, state, cursor, limit }: RouteInput<typeof ROUTES.listBaselines>['query']): Promise<RouteOutput<typeof ROUTES.listBaselines>> {
    const after = decodeCursor(cursor, ([createdAtMs, id]) => (isInstantMs(createdAtMs) && isUuid(id) ? { createdAtMs, id } : null));
    const found = page(await this.baselines.page({ model: model ?? null, state: state ?? null, after, limit: limit + 1 }), limit, ({ createdAtMs, id }) => [createdAtMs, id]);
    const adopted = await this.#adopted();
    return { items: found.items.map((baseline) => baselineBody(baseline, adopted)), nextCursor: found.nextCursor };
  }

  /** @throws ProblemError 404 */
  async find(id: string): Promise<BaselineBody> {
    return baselineBody(await this.#baseline(id), await this.#adopted());
  }

  /** @throws ProblemError 403, 404, 409, 412 */
  async adopt(id: string, ifMatch: string, reason: string, caller: Principal): Promise<BaselineBody> {
    const baseline = await this.#baseline(id);
    const shared = sharedHand({ involved: [baseline.createdBy], issuers: baseline.createdByIssuers }, caller);
    if (shared !== null && (await this.governance.modeOf(baseline.model)) === 'required') throw anotherAccountNeeded(baseline.model, shared);
    const atMs = this.settings.now();
    const audit = auditOf(caller, atMs, 'baseline.adopt', `baseline/${id}`, { model: baseline.model, release: baseline.releaseId });
    return this.#changed(await this.baselines.adopt(id, { generation: Number(ifMatch.slice(1, -1)), by: caller.accountId, reason, atMs }, audit), 'adopted');
  }

  /** @throws ProblemError 404, 409 */
  async cancel(id: string, caller: Principal): Promise<BaselineBody> {
    const atMs = this.settings.now();
    return this.#changed(await this.baselines.cancel(id, atMs, auditOf(caller, atMs, 'baseline.cancel', `baseline/${id}`)), 'cancelled');
  }

  async #changed(outcome: ChangeOutcome, wanted: 'adopted' | 'cancelled'): Promise<BaselineBody> {
    switch (outcome.outcome) {
      case 'not-found':
        throw baselineNotFound();
      case 'wrong-state':
        throw wrongState(outcome.baseline, wanted);
      case 'generation-moved':
        throw baselineChanged(outcome.baseline);
      case 'changed':
        return baselineBody(outcome.baseline, await this.#adopted());
    }
  }

  async #baseline(id: string): Promise<Baseline> {
    const baseline = await this.baselines.find(id);
    if (baseline === null) throw baselineNotFound();
    return baseline;
  }

  async #adopted(): Promise<ReadonlySet<string>> {
    return new Set((await this.baselines.adopted()).map(({ id }) => id));
  }

  async #release(model: string, named: string | undefined): Promise<StoredRelease> {
    const releaseId = named ?? (await this.releases.activation(model))?.stableRelease;
    if (releaseId === undefined) throw nothingToFreeze(model);
    const release = await this.releases.find(releaseId);
    if (release === null) throw releaseNotFound();
    if (release.model !== model) throw releaseOfAnotherModel(release.model);
    return release;
  }
}
