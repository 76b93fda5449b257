import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** What a webhook told, after its signature was checked. */
export interface Told {
  readonly id: string;
  readonly groupKey: string;
  readonly sequence: number;
  readonly fingerprints: readonly string[];
  readonly status: string;
}

export type Answer = { readonly status: number; readonly location?: string } | 'never' | 'hang-up';

/** A webhook receiver that answers as it is told to, and keeps what it took and what it refused. */
export class LocalReceiver {
  /** Every request whose signature held, in the order of arrival. */
  readonly arrived: Told[] = [];
  /** Those that were answered 2xx. */
  readonly taken: Told[] = [];
  readonly faults: string[] = [];
  secret = '';
  #server: Server | null = null;
  #port = 0;

  /** @param answer decides on each request */
  constructor(private readonly answer: (told: Told) => Answer) {}

  get url(): string {
    return `http://127.0.0.1:${this.#port}/hook`;
  }

  async start(): Promise<void> {
    this.#server = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        const told = this.#check(request, body);
        const answer = told ? this.answer(told) : { status: 400 };
        if (answer === 'never') return;
        if (answer === 'hang-up') return void request.socket.destroy();
        if (told && answer.status < 300) this.taken.push(told);
        response.writeHead(answer.status, answer.location === undefined ? {} : { location: answer.location }).end('noted');
        // Whoever is killed in the middle of its request has told nothing.
      }, () => undefined);
    }).listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** As if the machine were gone: connections are refused. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (!server) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  #check(request: IncomingMessage, body: string): Told | null {
    try {
      const event = new Webhook(this.secret).verify(body, request.headers as Record<string, string>) as { data: { groupKey: string; sequence: number; status: string; alerts: { fingerprint: string }[] } };
      const { groupKey, sequence, status, alerts } = event.data;
      const told = { id: String(request.headers['webhook-id']), groupKey, sequence, status, fingerprints: alerts.map(({ fingerprint }) => fingerprint) };
      this.arrived.push(told);
      return told;
    } catch (error) {
      this.faults.push(String(error));
      return null;
    }
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}
