import { randomBytes, randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { namedReceivers } from '#libs/alerting/notify/policy';
import { type ReceiverSecrets } from '#libs/alerting/receiver/receiver';
import { type ReceiverTarget } from '#libs/contract/management/receivers';
import { type Principal } from '#libs/platform/auth/scopes';
import { SecretBoxError } from '#libs/platform/secrets/secret-box';
import { readPolicy } from '#libs/store/alerts/notification-policies';
import { appendAudit } from '#libs/store/audit/audit-log';
import { buryWaiting } from '#libs/store/receivers/notification-log';
import { deleteReceiver, findReceiver, isNameTaken, MAX_RECEIVERS, type StoredReceiver, writeReceiver } from '#libs/store/receivers/receivers';
import { auditOf } from '../http/audited.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { RECEIVER_SENDER, type ReceiverSender, RECEIVERS, type ReceiversPort } from './receiver-ports.ts';
import { conflict, generationChanged, nameTaken, receiverNotFound, secretsUnreadable } from './receiver-problems.ts';
import { assertComplete, keptSecrets, splitTarget, wrongTarget } from './receiver-target.ts';

/** Bytes of a secret that signs webhooks; the specification has 24 to 64. */
const SECRET_BYTES = 32;

export interface ReceiverFields {
  readonly name: string;
  readonly target: ReceiverTarget;
}

/** A receiver, with the secret that is shown now and never again. */
export interface WithSecret {
  readonly receiver: StoredReceiver;
  readonly secret: string | null;
}

/** Adds, changes and removes receivers, each with its audit entry in one transaction. No secret comes into an entry. */
@Injectable()
export class ReceiverDesk {
  constructor(
    @Inject(RECEIVERS) private readonly receivers: ReceiversPort,
    @Inject(RECEIVER_SENDER) private readonly outside: Pick<ReceiverSender, 'box'>,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  async add({ name, target }: ReceiverFields, caller: Principal): Promise<WithSecret> {
    const atMs = this.settings.now();
    const split = splitTarget(target);
    assertComplete(split);
    const secret = target.kind === 'webhook' ? newSecret() : null;
    const id = randomUUID();
    const secrets: ReceiverSecrets = secret === null ? split.secrets : { ...split.secrets, signing: secret };
    const receiver: StoredReceiver = { id, name, kind: target.kind, settings: split.settings, ...this.#sealed(id, secrets), disabledReason: null, generation: 1, createdAtMs: atMs, createdBy: caller.accountId, updatedAtMs: atMs };
    if ((await this.receivers.list()).length >= MAX_RECEIVERS) throw conflict('too_many_receivers', 'There are too many receivers', `At most ${MAX_RECEIVERS} are kept: remove one first.`);
    await this.receivers.transaction(async (manager) => {
      if (await isNameTaken(manager, name, id)) throw nameTaken(name);
      await writeReceiver(manager, receiver);
      await appendAudit(manager, { ...auditOf(caller, atMs, 'receiver.add', `receiver/${id}`), after: shown(receiver) });
    });
    return { receiver, secret };
  }

  async change(id: string, expectedGeneration: number, { name, target, disabled }: ReceiverFields & { readonly disabled?: boolean | undefined }, caller: Principal): Promise<StoredReceiver> {
    return this.#write(id, caller, 'receiver.set', async (manager, before, atMs) => {
      assertGeneration(before, expectedGeneration);
      if (target.kind !== before.kind) throw wrongTarget('kind', `it stays ${before.kind}: add another receiver`);
      if (await isNameTaken(manager, name, id)) throw nameTaken(name);
      const after = splitTarget(target);
      const known = this.#opened(before);
      // Each kind has one secret that people give: given anew, nothing is lost with what does not open.
      if (known === null && Object.keys(after.secrets).length === 0) throw secretsUnreadable();
      const secrets = keptSecrets({ settings: before.settings, secrets: known ?? {} }, after);
      assertComplete({ settings: after.settings, secrets });
      const disabledReason = disabled === true ? (before.disabledReason ?? 'by-hand') : disabled === false ? null : before.disabledReason;
      if (disabledReason !== null) await buryWaiting(manager, id, atMs);
      return { ...before, name, settings: after.settings, ...this.#sealed(id, secrets), disabledReason };
    });
  }

  async enable(id: string, caller: Principal): Promise<StoredReceiver> {
    return this.#write(id, caller, 'receiver.enable', async (_manager, before) => ({ ...before, disabledReason: null }));
  }

  /** @throws ProblemError 409 for kinds that we do not sign for */
  async rotate(id: string, overlapMs: number, caller: Principal): Promise<WithSecret> {
    const secret = newSecret();
    const receiver = await this.#write(id, caller, 'receiver.rotate-secret', async (_manager, before, atMs) => {
      if (before.kind !== 'webhook') throw conflict('not_signed', 'There is no secret of ours', `We do not sign for receivers of the kind ${before.kind}: give a new secret by PUT.`);
      const { signing, signingBefore: _, ...rest } = this.#opened(before) ?? {};
      const overlap = signing === undefined || overlapMs === 0 ? {} : { signingBefore: { secret: signing, untilMs: atMs + overlapMs } };
      return { ...before, ...this.#sealed(id, { ...rest, signing: secret, ...overlap }) };
    });
    return { receiver, secret };
  }

  /** @throws ProblemError 409 while the notification policy names it */
  async remove(id: string, expectedGeneration: number, caller: Principal): Promise<StoredReceiver> {
    const atMs = this.settings.now();
    return this.receivers.transaction(async (manager) => {
      const before = await findReceiver(manager, id, { lock: true });
      if (!before) throw receiverNotFound();
      assertGeneration(before, expectedGeneration);
      const { policy } = await readPolicy(manager);
      if (namedReceivers(policy).includes(id)) throw conflict('receiver_in_use', 'The notification policy names it', `Take receiver ${before.name} (${id}) out of PUT /api/v1/notification-policy first.`);
      await deleteReceiver(manager, id);
      await appendAudit(manager, { ...auditOf(caller, atMs, 'receiver.remove', `receiver/${id}`), before: shown(before) });
      return before;
    });
  }

  /** @throws ProblemError 409 where they do not open */
  secretsOf(receiver: StoredReceiver): ReceiverSecrets {
    const opened = this.#opened(receiver);
    if (opened === null) throw secretsUnreadable();
    return opened;
  }

  /** null where they do not open, such as when their key is lost. */
  #opened({ id, secrets, secretsKey }: StoredReceiver): ReceiverSecrets | null {
    if (secrets === null || secretsKey === null) return {};
    try {
      return this.outside.box.open(`receiver/${id}`, { sealed: secrets, keyId: secretsKey }) as ReceiverSecrets;
    } catch (error) {
      if (error instanceof SecretBoxError) return null;
      throw error;
    }
  }

  #sealed(id: string, secrets: ReceiverSecrets): Pick<StoredReceiver, 'secrets' | 'secretsKey'> {
    const { sealed, keyId } = this.outside.box.seal(`receiver/${id}`, secrets);
    return { secrets: sealed, secretsKey: keyId };
  }

  async #write(id: string, caller: Principal, action: string, change: (manager: EntityManager, before: StoredReceiver, atMs: number) => Promise<StoredReceiver>): Promise<StoredReceiver> {
    const atMs = this.settings.now();
    return this.receivers.transaction(async (manager) => {
      const before = await findReceiver(manager, id, { lock: true });
      if (!before) throw receiverNotFound();
      const after = { ...(await change(manager, before, atMs)), generation: before.generation + 1, updatedAtMs: atMs };
      await writeReceiver(manager, after);
      await appendAudit(manager, { ...auditOf(caller, atMs, action, `receiver/${id}`), before: shown(before), after: shown(after) });
      return after;
    });
  }
}

function assertGeneration({ generation }: StoredReceiver, expected: number): void {
  if (generation !== expected) throw generationChanged(generation);
}

const newSecret = (): string => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;

/** For the audit log: settings hold no secret. */
function shown({ name, settings, disabledReason, generation }: StoredReceiver): unknown {
  return { name, settings, disabledReason, generation };
}
