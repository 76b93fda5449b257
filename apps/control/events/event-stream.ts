import { PassThrough } from 'node:stream';

/** One listener's stream of server-sent events. It is cut off rather than buffered without bound. */
export class EventStream {
  /** What goes to the client. */
  readonly body: PassThrough;
  readonly #unreadBytes: number;

  constructor(unreadBytes: number) {
    this.#unreadBytes = unreadBytes;
    this.body = new PassThrough({ highWaterMark: unreadBytes });
    // A client that goes away while something is written is no fault.
    this.body.on('error', () => undefined);
  }

  get isOpen(): boolean {
    return !this.body.destroyed && !this.body.writableEnded;
  }

  event(name: string, id: string, data: Readonly<Record<string, unknown>>): void {
    this.#write(`event: ${name}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Ignored by clients; it keeps proxies from closing what looks idle, and shows who is gone. */
  comment(text: string): void {
    this.#write(`: ${text}\n\n`);
  }

  end(): void {
    if (this.isOpen) this.body.end();
  }

  #write(text: string): void {
    if (!this.isOpen) return;
    this.body.write(text);
    if (this.body.readableLength + this.body.writableLength > this.#unreadBytes) this.body.destroy();
  }
}
