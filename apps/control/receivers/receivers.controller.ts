import { Controller, Inject, Res } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { type StoredReceiver } from '#libs/store/receivers/receivers';
import { pageAfter } from '../http/cursor.ts';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { receiverBody, secretNames, testBody } from './receiver-bodies.ts';
import { ReceiverDesk } from './receiver-desk.ts';
import { NOTIFICATION_LOG, type NotificationLogPort, RECEIVERS, type ReceiversPort } from './receiver-ports.ts';
import { receiverNotFound } from './receiver-problems.ts';
import { ReceiverTest } from './receiver-test.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

/** Where notifications go. */
@Controller()
export class ReceiversController {
  constructor(
    private readonly desk: ReceiverDesk,
    private readonly tester: ReceiverTest,
    @Inject(RECEIVERS) private readonly receivers: ReceiversPort,
    @Inject(NOTIFICATION_LOG) private readonly log: Pick<NotificationLogPort, 'counts'>,
  ) {}

  @Endpoint(ROUTES.createReceiver)
  async create(@Input() { body }: In<'createReceiver'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'createReceiver'> {
    const { receiver, secret } = await this.desk.add(body, caller);
    return { ...(await this.#tagged(receiver, reply)), secret };
  }

  @Endpoint(ROUTES.listReceivers)
  async list(@Input() { query }: In<'listReceivers'>): Out<'listReceivers'> {
    const counts = await this.log.counts();
    const { items, nextCursor } = pageAfter(await this.receivers.list(), query, ({ id }) => id);
    return { items: items.map((one) => receiverBody(one, this.#secretNames(one), counts.get(one.id))), nextCursor };
  }

  @Endpoint(ROUTES.getReceiver)
  async get(@Input() { params }: In<'getReceiver'>, @Res({ passthrough: true }) reply: FastifyReply): Out<'getReceiver'> {
    const found = await this.receivers.find(params.receiverId);
    if (!found) throw receiverNotFound();
    return this.#tagged(found, reply);
  }

  @Endpoint(ROUTES.putReceiver)
  async put(@Input() { params, headers, body }: In<'putReceiver'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'putReceiver'> {
    return this.#tagged(await this.desk.change(params.receiverId, generationOf(headers), body, caller), reply);
  }

  @Endpoint(ROUTES.deleteReceiver)
  async remove(@Input() { params, headers }: In<'deleteReceiver'>, @Caller() caller: Principal): Out<'deleteReceiver'> {
    const gone = await this.desk.remove(params.receiverId, generationOf(headers), caller);
    return receiverBody(gone, this.#secretNames(gone), undefined);
  }

  @Endpoint(ROUTES.testReceiver)
  async test(@Input() { params }: In<'testReceiver'>, @Caller() caller: Principal): Out<'testReceiver'> {
    return testBody(await this.tester.run(params.receiverId, caller));
  }

  @Endpoint(ROUTES.rotateReceiverSecret)
  async rotate(@Input() { params, body }: In<'rotateReceiverSecret'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'rotateReceiverSecret'> {
    const { receiver, secret } = await this.desk.rotate(params.receiverId, body.overlapSeconds * 1000, caller);
    return { ...(await this.#tagged(receiver, reply)), secret };
  }

  @Endpoint(ROUTES.enableReceiver)
  async enable(@Input() { params }: In<'enableReceiver'>, @Caller() caller: Principal, @Res({ passthrough: true }) reply: FastifyReply): Out<'enableReceiver'> {
    return this.#tagged(await this.desk.enable(params.receiverId, caller), reply);
  }

  async #tagged(receiver: StoredReceiver, reply: FastifyReply): Out<'getReceiver'> {
    void reply.header('etag', `"${receiver.generation}"`);
    return receiverBody(receiver, this.#secretNames(receiver), (await this.log.counts()).get(receiver.id));
  }

  /** A key that is missing must not keep anyone from seeing the receiver. */
  #secretNames(receiver: StoredReceiver): readonly string[] {
    try {
      return secretNames(this.desk.secretsOf(receiver));
    } catch {
      return ['unreadable'];
    }
  }
}

function generationOf(headers: { readonly 'if-match': string }): number {
  return Number(headers['if-match'].slice(1, -1));
}
