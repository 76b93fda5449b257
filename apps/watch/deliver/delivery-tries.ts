import { type DataSource } from 'typeorm';
import { decideDelivery, type DeliveryDecision } from '#libs/alerting/notify/retry-schedule';
import { composeMessage } from '#libs/alerting/receiver/compose-message';
import { type ReceiverSecrets, secretTexts, spacingMs } from '#libs/alerting/receiver/receiver';
import { type Sender, type Sent } from '#libs/notify/sender';
import { type SecretBox } from '#libs/platform/secrets/secret-box';
import { type ClaimedDelivery, type Deliveries } from '#libs/store/receivers/deliveries';
import { resealReceiver, type StoredReceiver } from '#libs/store/receivers/receivers';
import { type DeliverOptions } from './deliver-options.ts';

/** Recording what became of an attempt takes at most about this long beyond it. */
const RECORD_MS = 2000;

export interface TryReport {
  readonly kind: string;
  readonly outcome: DeliveryDecision['decision'];
  readonly reason: string | null;
  readonly durationMs: number;
}

/** Tries to deliver one notification. */
export class DeliveryTries {
  constructor(
    private readonly deliveries: Deliveries,
    private readonly sender: Sender,
    private readonly options: Pick<DeliverOptions, 'now' | 'externalUrl' | 'scheduleScale'>,
    private readonly box: SecretBox,
    private readonly dataSource: DataSource,
  ) {}

  /** null where it is not due, not its group's turn, or in another's hands. */
  async run(notificationId: string): Promise<TryReport | null> {
    const { now, scheduleScale } = this.options;
    const claimed = await this.deliveries.claim(notificationId, now(), this.sender.timeoutMs + RECORD_MS, spacingMs);
    if (!claimed) return null;
    const atMs = now();
    const sent = await this.#send(claimed, atMs);
    const decided = decideDelivery(sent.result, claimed.attempt, Math.random());
    const decision = decided.decision === 'retry' ? { ...decided, afterMs: Math.round(decided.afterMs * scheduleScale) } : decided;
    const { durationMs, error, response, result } = sent;
    const status = result.kind === 'answered' ? result.status : null;
    await this.deliveries.finish(claimed, { atMs, durationMs, status, error, response }, decision, now());
    return { kind: claimed.receiver.kind, outcome: decision.decision, reason: decision.decision === 'delivered' ? null : decision.reason, durationMs };
  }

  async #send({ receiver, notification }: ClaimedDelivery, nowMs: number): Promise<Sent> {
    try {
      const secrets = await this.#secretsOf(receiver);
      const message = composeMessage(receiver.settings, secrets, notification, { receiverName: receiver.name, externalUrl: this.options.externalUrl, nowMs });
      return await this.sender.send(message, secretTexts(secrets));
    } catch (error) {
      // Such as a key that is missing: someone may give it before the last attempt.
      return { result: { kind: 'no-answer', why: 'connection' }, durationMs: 0, error: error instanceof Error ? error.message : String(error), response: null };
    }
  }

  /** Secrets that an older key sealed are sealed anew on the way. */
  async #secretsOf(receiver: StoredReceiver): Promise<ReceiverSecrets> {
    if (receiver.secrets === null || receiver.secretsKey === null) return {};
    const owner = `receiver/${receiver.id}`;
    const secrets = this.box.open(owner, { sealed: receiver.secrets, keyId: receiver.secretsKey }) as ReceiverSecrets;
    if (receiver.secretsKey !== this.box.currentKeyId) {
      const { sealed, keyId } = this.box.seal(owner, secrets);
      await resealReceiver(this.dataSource.manager, receiver, { secrets: sealed, secretsKey: keyId });
    }
    return secrets;
  }
}
