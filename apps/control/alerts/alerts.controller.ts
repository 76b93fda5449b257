import { Controller, Inject } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { type AcknowledgeOutcome } from '#libs/store/alerts/alerts';
import { auditOf } from '../http/audited.ts';
import { decodeCursor, isInstantMs, page } from '../http/cursor.ts';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { ALERT_ACTIONS, type AlertActionsPort, ALERTS, type AlertsPort } from './alert-ports.ts';
import { notFiring, notFound } from './alert-problems.ts';
import { alertBody, alertDetail, episodeBody } from './alert-view.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

/** Alerts, their history, and who looks after them. */
@Controller()
export class AlertsController {
  constructor(
    @Inject(ALERTS) private readonly alerts: AlertsPort,
    @Inject(ALERT_ACTIONS) private readonly actions: Pick<AlertActionsPort, 'of'>,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  @Endpoint(ROUTES.listAlerts)
  async list(@Input() { query: { state, model, signal, severity, cursor, limit } }: In<'listAlerts'>): Out<'listAlerts'> {
    const after = decodeCursor(cursor, ([sinceMs, series]) => (isInstantMs(sinceMs) && typeof series === 'string' ? { sinceMs, series } : null));
    const found = await this.alerts.list({ state: state ?? null, model: model ?? null, signal: signal ?? null, severity: severity ?? null, limit: limit + 1, after });
    const { items, nextCursor } = page(found, limit, ({ sinceMs, series }) => [sinceMs, series]);
    return { items: items.map(alertBody), nextCursor };
  }

  @Endpoint(ROUTES.listAlertEpisodes)
  async history(@Input() { query: { model, signal, rule, alert, severity, cursor, limit } }: In<'listAlertEpisodes'>): Out<'listAlertEpisodes'> {
    const after = decodeCursor(cursor, ([startedAtMs, fingerprint]) => (isInstantMs(startedAtMs) && typeof fingerprint === 'string' ? { startedAtMs, fingerprint } : null));
    const found = await this.alerts.history({ model: model ?? null, signal: signal ?? null, rule: rule ?? null, series: alert ?? null, severity: severity ?? null, limit: limit + 1, after });
    const { items, nextCursor } = page(found, limit, ({ startedAtMs, fingerprint }) => [startedAtMs, fingerprint]);
    return { items: items.map(episodeBody), nextCursor };
  }

  @Endpoint(ROUTES.getAlert)
  async get(@Input() { params }: In<'getAlert'>): Out<'getAlert'> {
    const found = await this.alerts.find(params.alertId);
    if (!found) throw notFound('alert');
    return alertDetail(found, found.newest ? await this.actions.of(found.newest.fingerprint) : []);
  }

  @Endpoint(ROUTES.acknowledgeAlert)
  async acknowledge(@Input() { params, body }: In<'acknowledgeAlert'>, @Caller() caller: Principal): Out<'acknowledgeAlert'> {
    const atMs = this.settings.now();
    const note = body.note ?? null;
    const outcome = await this.alerts.acknowledge(params.alertId, { by: caller.accountId, byName: caller.name, atMs, note }, ({ fingerprint, acknowledged }) => ({
      ...auditOf(caller, atMs, 'alert.acknowledge', `alert/${params.alertId}`, { fingerprint }), before: { acknowledged }, after: { acknowledged: { by: caller.accountId, note } }, ...(note === null ? {} : { reason: note }),
    }));
    requireDone(outcome);
    return this.get({ params } as In<'getAlert'>);
  }

  @Endpoint(ROUTES.unacknowledgeAlert)
  async unacknowledge(@Input() { params }: In<'unacknowledgeAlert'>, @Caller() caller: Principal): Out<'unacknowledgeAlert'> {
    const atMs = this.settings.now();
    const outcome = await this.alerts.acknowledge(params.alertId, null, ({ fingerprint, acknowledged }) => ({ ...auditOf(caller, atMs, 'alert.unacknowledge', `alert/${params.alertId}`, { fingerprint }), before: { acknowledged }, after: { acknowledged: null } }));
    requireDone(outcome);
    return this.get({ params } as In<'getAlert'>);
  }
}

function requireDone(outcome: AcknowledgeOutcome): void {
  if (outcome === 'missing') throw notFound('alert');
  if (outcome === 'not-firing') throw notFiring();
}
