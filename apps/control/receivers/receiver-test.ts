import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type Notification } from '#libs/alerting/notify/notification';
import { type DeliveryDecision } from '#libs/alerting/notify/retry-schedule';
import { composeMessage } from '#libs/alerting/receiver/compose-message';
import { secretTexts } from '#libs/alerting/receiver/receiver';
import { type Principal } from '#libs/platform/auth/scopes';
import { appendAudit } from '#libs/store/audit/audit-log';
import { type AttemptRecord, insertAttempt } from '#libs/store/receivers/deliveries';
import { endTest, insertTest } from '#libs/store/receivers/notification-log';
import { nextSequence } from '#libs/store/receivers/outbox';
import { findReceiver } from '#libs/store/receivers/receivers';
import { auditOf } from '../http/audited.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { ReceiverDesk } from './receiver-desk.ts';
import { RECEIVER_SENDER, type ReceiverSender, RECEIVERS, type ReceiversPort } from './receiver-ports.ts';
import { receiverNotFound } from './receiver-problems.ts';

/** Tests go to a group of their own, so they come between no notifications. */
const TEST_GROUP = 'signalbox:test';

export interface TestOutcome {
  readonly notificationId: string;
  readonly attempt: AttemptRecord & { readonly decision: DeliveryDecision };
}

/** The test button: one attempt, now. */
@Injectable()
export class ReceiverTest {
  constructor(
    @Inject(RECEIVERS) private readonly receivers: ReceiversPort,
    @Inject(RECEIVER_SENDER) private readonly outside: ReceiverSender,
    private readonly desk: ReceiverDesk,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  /** Also of a receiver that is switched off: whoever mends it wants to know. */
  async run(receiverId: string, caller: Principal): Promise<TestOutcome> {
    const atMs = this.settings.now();
    const { receiver, secrets, notification } = await this.receivers.transaction(async (manager) => {
      const found = await findReceiver(manager, receiverId);
      if (!found) throw receiverNotFound();
      const opened = this.desk.secretsOf(found);
      const test: Notification = { id: randomUUID(), receiverId, groupKey: TEST_GROUP, groupLabels: {}, sequence: await nextSequence(manager, receiverId, TEST_GROUP), reason: 'test', status: 'firing', alerts: [], truncatedAlerts: 0, atMs };
      await insertTest(manager, test);
      // Before anything leaves.
      await appendAudit(manager, auditOf(caller, atMs, 'receiver.test', `receiver/${receiverId}`, { notification: test.id }));
      return { receiver: found, secrets: opened, notification: test };
    });
    const shownTo = receiver.kind === 'alertmanager' || receiver.kind === 'alertmanager-webhook' ? withTestAlert(notification) : notification;
    const message = composeMessage(receiver.settings, secrets, shownTo, { receiverName: receiver.name, externalUrl: this.outside.externalUrl, nowMs: atMs });
    const { result, durationMs, error, response } = await this.outside.sender.send(message, secretTexts(secrets));
    const status = result.kind === 'answered' ? result.status : null;
    const attempt: AttemptRecord = { atMs, durationMs, status, error, response };
    const isDelivered = status !== null && status >= 200 && status < 300;
    const decision: DeliveryDecision = isDelivered ? { decision: 'delivered' } : { decision: 'give-up', reason: result.kind === 'no-answer' && result.why === 'blocked-address' ? 'blocked-address' : 'attempts-used' };
    await this.receivers.transaction(async (manager) => {
      await insertAttempt(manager, notification.id, attempt, decision);
      await endTest(manager, notification.id, isDelivered);
    });
    return { notificationId: notification.id, attempt: { ...attempt, decision } };
  }
}

/** These show nothing without an alert; it has ended already, so nobody is woken for long. */
function withTestAlert(notification: Notification): Notification {
  const { atMs, id } = notification;
  return {
    ...notification,
    status: 'resolved',
    alerts: [{ status: 'resolved', ruleId: 'test', ruleName: 'SignalboxTest', severity: 'info', labels: {}, annotations: { summary: 'A test of a Signalbox receiver.' }, startsAtMs: atMs - 1000, endsAtMs: atMs, fingerprint: id, series: id, url: '', finding: null }],
  };
}
