import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** A delivery whose signature was right. */
export interface Delivery {
  readonly atMs: number;
  /** As sent, JSON. */
  readonly body: unknown;
}

/** A receiver of webhooks on this machine. Takes only what the `standardwebhooks` library finds signed with the secret. */
export class WebhookReceiver {
  readonly deliveries: Delivery[] = [];
  /** Deliveries whose signature was wrong or missing. */
  refused = 0;
  readonly #server: Server;
  #webhook: Webhook | null = null;

  private constructor() {
    this.#server = createServer((request, response) => {
      void this.#status(request).then((status) => response.writeHead(status).end());
    });
  }

  /** Listens on a free port of the loopback address. */
  static async listen(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver();
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** @param secret of the receiver, `whsec_` and base64; without one nothing is taken */
  checkWith(secret: string): void {
    this.#webhook = new Webhook(secret);
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #status(request: IncomingMessage): Promise<number> {
    const body = await readBody(request);
    if (body === null) return 413;
    try {
      if (this.#webhook === null) throw new Error('no secret yet');
      this.deliveries.push({ atMs: Date.now(), body: this.#webhook.verify(body, request.headers as Record<string, string>) });
      return 204;
    } catch {
      this.refused += 1;
      return 401;
    }
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if ((size += chunk.byteLength) > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
