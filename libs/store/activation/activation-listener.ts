import { Client } from 'pg';

export interface ListenerOptions {
  readonly url: string;
  readonly applicationName: string;
  /** Told of each write of an activation, and after each connect: what was written before was missed. */
  readonly changed: () => void;
  /** Told when the connection could not be made or was lost; it is made again. */
  readonly lost: (error: Error) => void;
}

const CHANNEL = 'signalbox_activation';
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 5_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** Hears of activations as they are committed, on a connection of its own: LISTEN does not go through a pool. */
export class ActivationListener {
  #client: Client | null = null;
  #timer: NodeJS.Timeout | null = null;
  #delayMs = FIRST_DELAY_MS;
  #stopped = false;

  constructor(private readonly options: ListenerOptions) {}

  /** Resolves when it hears, or when the first attempt has failed: it goes on trying. */
  async start(): Promise<void> {
    await this.#connect();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = null;
    await client?.end().catch(() => undefined);
  }

  async #connect(): Promise<void> {
    const { url, applicationName, changed } = this.options;
    const client = new Client({ connectionString: url, application_name: applicationName, keepAlive: true, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
    this.#client = client;
    client.on('notification', changed);
    client.once('error', (error) => this.#again(client, error));
    client.once('end', () => this.#again(client, new Error('the connection was closed')));
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
      this.#delayMs = FIRST_DELAY_MS;
      changed();
    } catch (error) {
      this.#again(client, error instanceof Error ? error : new Error(String(error)));
    }
  }

  #again(client: Client, error: Error): void {
    if (this.#stopped || this.#client !== client) return;
    this.#client = null;
    client.removeAllListeners();
    // An error that comes later must not end the process.
    client.on('error', () => undefined);
    void client.end().catch(() => undefined);
    this.options.lost(error);
    this.#timer = setTimeout(() => void this.#connect(), this.#delayMs);
    this.#timer.unref();
    this.#delayMs = Math.min(this.#delayMs * 2, MAX_DELAY_MS);
  }
}
