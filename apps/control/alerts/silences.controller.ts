import { randomUUID } from 'node:crypto';
import { Controller, Inject } from '@nestjs/common';
import { isFiring } from '#libs/alerting/alert/alert';
import { alertLabels } from '#libs/alerting/alert/labels';
import { matchesAll } from '#libs/alerting/alert/matcher';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { type StoredAlert } from '#libs/store/alerts/alerts';
import { MAX_SILENCES, type StoredSilence } from '#libs/store/alerts/silences';
import { auditOf } from '../http/audited.ts';
import { decodeCursor, isInstantMs, isUuid, page } from '../http/cursor.ts';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { ALERTS, type AlertsPort, SILENCES, type SilencesPort } from './alert-ports.ts';
import { invalid, notFound, tooMany } from './alert-problems.ts';
import { alertBody, iso } from './alert-view.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;
type SilenceBody = RouteOutput<typeof ROUTES.expireSilence>;

/** Longer is no silence but a rule to be disabled. */
const MAX_SILENCE_MS = 366 * 86_400_000;
const SHOWN = 200;
/** Read at a time. */
const PAGE = 1000;

/** Times in which nobody is told of some alerts. */
@Controller()
export class SilencesController {
  constructor(
    @Inject(SILENCES) private readonly silences: SilencesPort,
    @Inject(ALERTS) private readonly alerts: Pick<AlertsPort, 'list'>,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  @Endpoint(ROUTES.createSilence)
  async create(@Input() { body }: In<'createSilence'>, @Caller() caller: Principal): Out<'createSilence'> {
    const atMs = this.settings.now();
    const fromMs = body.from === undefined ? atMs : Date.parse(body.from);
    const untilMs = Date.parse(body.to);
    if (untilMs <= Math.max(fromMs, atMs)) throw invalid('to', 'it must be in the future, and after from');
    if (untilMs - Math.max(fromMs, atMs) > MAX_SILENCE_MS) throw invalid('to', 'it must be at most 366 days after from');
    const silence: StoredSilence = { id: randomUUID(), matchers: body.matchers, comment: body.comment, fromMs, untilMs, createdBy: caller.accountId, createdAtMs: atMs, expiredBy: null };
    const isMade = await this.silences.insert(silence, { ...auditOf(caller, atMs, 'silence.create', `silence/${silence.id}`), after: audited(silence), reason: body.comment });
    if (!isMade) throw tooMany('silences', MAX_SILENCES);
    return this.#body(silence);
  }

  @Endpoint(ROUTES.listSilences)
  async list(@Input() { query: { live, cursor, limit } }: In<'listSilences'>): Out<'listSilences'> {
    const after = decodeCursor(cursor, ([untilMs, id]) => (isInstantMs(untilMs) && isUuid(id) ? { untilMs, id } : null));
    const found = await this.silences.list({ limit: limit + 1, after, onlyLiveAtMs: live === 'true' ? this.settings.now() : null });
    const { items, nextCursor } = page(found, limit, ({ untilMs, id }) => [untilMs, id]);
    return { items: items.map((one) => this.#body(one)), nextCursor };
  }

  @Endpoint(ROUTES.expireSilence)
  async expire(@Input() { params }: In<'expireSilence'>, @Caller() caller: Principal): Out<'expireSilence'> {
    const atMs = this.settings.now();
    const ended = await this.silences.expire(params.silenceId, atMs, (before) => ({ ...auditOf(caller, atMs, 'silence.expire', `silence/${before.id}`), before: audited(before), after: { ...audited(before), to: iso(Math.min(before.untilMs, atMs)) } }));
    if (!ended) throw notFound('silence');
    return this.#body(ended);
  }

  @Endpoint(ROUTES.previewSilence)
  async preview(@Input() { body }: In<'previewSilence'>): Out<'previewSilence'> {
    let total = 0;
    const shown: StoredAlert[] = [];
    let after: { sinceMs: number; series: string } | null = null;
    for (;;) {
      const found: readonly StoredAlert[] = await this.alerts.list({ state: null, model: null, signal: null, severity: null, limit: PAGE, after });
      const taken = found.filter((alert) => isFiring(alert.state) && matchesAll(body.matchers, alertLabels(alert)));
      total += taken.length;
      shown.push(...taken.slice(0, SHOWN - shown.length));
      const last = found.at(-1);
      if (found.length < PAGE || !last) return { total, alerts: shown.map(alertBody) };
      after = { sinceMs: last.sinceMs, series: last.series };
    }
  }

  #body({ id, matchers, comment, fromMs, untilMs, createdBy, createdAtMs, expiredBy }: StoredSilence): SilenceBody {
    const nowMs = this.settings.now();
    return {
      id, matchers: matchers.map((one) => ('values' in one ? { ...one, values: [...one.values] } : { ...one })), comment, from: iso(fromMs), to: iso(untilMs), active: fromMs <= nowMs && nowMs < untilMs, createdBy, createdAt: iso(createdAtMs), expiredBy,
    };
  }
}

function audited({ matchers, comment, fromMs, untilMs }: StoredSilence): Readonly<Record<string, unknown>> {
  return { matchers, comment, from: iso(fromMs), to: iso(untilMs) };
}
