import { Controller, Inject } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type ReplayDecision } from '#libs/alerting/notify/replay';
import { type Principal } from '#libs/platform/auth/scopes';
import { type ProblemError } from '#libs/platform/errors/problem-error';
import { appendAudit } from '#libs/store/audit/audit-log';
import { deadLetters, findNotification, replayNotification } from '#libs/store/receivers/notification-log';
import { findReceiver } from '#libs/store/receivers/receivers';
import { auditOf } from '../http/audited.ts';
import { decodeCursor, page } from '../http/cursor.ts';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { notificationBody, summaryBody } from './receiver-bodies.ts';
import { NOTIFICATION_LOG, type NotificationLogPort, RECEIVERS, type ReceiversPort } from './receiver-ports.ts';
import { conflict, notificationNotFound, receiverNotFound } from './receiver-problems.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

/** What receivers were told, and telling it again. */
@Controller()
export class NotificationsController {
  constructor(
    @Inject(RECEIVERS) private readonly receivers: ReceiversPort,
    @Inject(NOTIFICATION_LOG) private readonly log: NotificationLogPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  @Endpoint(ROUTES.listNotifications)
  async list(@Input() { query: { receiver, state, fingerprint, cursor, limit } }: In<'listNotifications'>): Out<'listNotifications'> {
    const before = decodeCursor(cursor, ([number]) => (Number.isSafeInteger(number) ? (number as number) : null));
    const { items, nextCursor } = page(await this.log.list({ receiverId: receiver, state, fingerprint }, limit + 1, before), limit, ({ number }) => [number]);
    return { items: items.map(summaryBody), nextCursor };
  }

  @Endpoint(ROUTES.getNotification)
  async get(@Input() { params }: In<'getNotification'>): Out<'getNotification'> {
    const found = await this.log.find(params.notificationId);
    if (!found) throw notificationNotFound();
    return notificationBody(found, await this.log.attempts(params.notificationId));
  }

  @Endpoint(ROUTES.replayNotification)
  async replay(@Input() { params: { notificationId }, body }: In<'replayNotification'>, @Caller() caller: Principal): Out<'replayNotification'> {
    const atMs = this.settings.now();
    const replayed = await this.receivers.transaction(async (manager) => {
      const before = await findNotification(manager, notificationId);
      const decision = await replayNotification(manager, notificationId, atMs, body.evenSuperseded);
      if (!before || !decision) throw notificationNotFound();
      if (!decision.replay) throw notReplayed(decision);
      const subject = `receiver/${before.notification.receiverId}`;
      await appendAudit(manager, { ...auditOf(caller, atMs, 'notification.replay', subject, { notification: notificationId }), before: { state: before.state, failure: before.failure }, after: { state: 'waiting' } });
      return { ...before, state: 'waiting' as const, failure: null, attempts: 0, dueAtMs: atMs, endedAtMs: null };
    });
    return notificationBody(replayed, await this.log.attempts(notificationId));
  }

  @Endpoint(ROUTES.replayReceiver)
  async replayMany(@Input() { params: { receiverId }, body: { since, evenSuperseded, limit } }: In<'replayReceiver'>, @Caller() caller: Principal): Out<'replayReceiver'> {
    const atMs = this.settings.now();
    return this.receivers.transaction(async (manager) => {
      const receiver = await findReceiver(manager, receiverId);
      if (!receiver) throw receiverNotFound();
      if (receiver.disabledReason !== null) throw notReplayed({ replay: false, reason: 'receiver-disabled' });
      const ids = await deadLetters(manager, receiverId, Date.parse(since), limit + 1);
      const counts = { replayed: 0, superseded: 0 };
      for (const id of ids.slice(0, limit)) {
        const decision = await replayNotification(manager, id, atMs, evenSuperseded);
        if (decision?.replay === true) counts.replayed += 1;
        else if (decision?.reason === 'superseded') counts.superseded += 1;
      }
      await appendAudit(manager, auditOf(caller, atMs, 'receiver.replay', `receiver/${receiverId}`, { since, evenSuperseded, ...counts }));
      return { ...counts, more: ids.length > limit };
    });
  }
}

const WHY_NOT = {
  'not-dead': 'It is no dead letter: it waits or was delivered.',
  test: 'It is a test: send another one.',
  superseded: 'Its group has told more since; give evenSuperseded to tell it all the same.',
  'receiver-disabled': 'Its receiver is off: POST /api/v1/receivers/{receiverId}/enable first.',
} as const;

function notReplayed({ reason }: Extract<ReplayDecision, { replay: false }>): ProblemError {
  return conflict(`replay_${reason.replaceAll('-', '_')}`, 'It is not delivered again', WHY_NOT[reason]);
}
