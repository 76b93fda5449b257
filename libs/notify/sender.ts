import { type AttemptResult } from '#libs/alerting/notify/retry-schedule';
import { type ReceiverMessage } from '#libs/alerting/receiver/compose-message';
import { type AllowList } from './address-policy.ts';
import { BlockedAddressError, type Resolver, systemResolver } from './resolve-host.ts';
import { sendMail } from './send-mail.ts';
import { sendWeb } from './send-web.ts';

/** A whole attempt takes at most this long: what the Standard Webhooks specification advises. */
export const ATTEMPT_TIMEOUT_MS = 15_000;
/** What of an error or an answer is kept, characters. */
const MAX_KEPT = 500;

/** What became of sending a message once. */
export interface Sent {
  readonly result: AttemptResult;
  readonly durationMs: number;
  readonly error: string | null;
  /** Beginning of the answer, without the receiver's secrets. */
  readonly response: string | null;
}

export interface SenderOptions {
  readonly allow: AllowList;
  readonly timeoutMs?: number;
  readonly resolver?: Resolver;
}

/** Sends messages to receivers; whatever happens becomes a result. */
export class Sender {
  readonly timeoutMs: number;
  private readonly allow: AllowList;
  private readonly resolver: Resolver;

  constructor({ allow, timeoutMs = ATTEMPT_TIMEOUT_MS, resolver = systemResolver }: SenderOptions) {
    this.timeoutMs = timeoutMs;
    this.allow = allow;
    this.resolver = resolver;
  }

  /** @param secrets texts that must not appear in what is kept */
  async send(message: ReceiverMessage, secrets: readonly string[] = []): Promise<Sent> {
    const startedMs = performance.now();
    const took = (): number => Math.round(performance.now() - startedMs);
    const keep = (text: string): string => withoutSecrets(text, secrets).slice(0, MAX_KEPT);
    const signal = AbortSignal.timeout(this.timeoutMs);
    const { allow, resolver, timeoutMs } = this;
    try {
      if (message.by === 'web') {
        const { status, retryAfterSeconds, body } = await sendWeb(message.request, { allow, resolver, signal });
        return { result: { kind: 'answered', status, retryAfterSeconds }, durationMs: took(), error: null, response: keep(body) };
      }
      const { status, text } = await sendMail(message.server, message.message, { allow, resolver, signal, timeoutMs });
      return { result: { kind: 'answered', status, retryAfterSeconds: null }, durationMs: took(), error: null, response: keep(text) };
    } catch (error) {
      const why = error instanceof BlockedAddressError ? 'blocked-address' : signal.aborted ? 'timeout' : 'connection';
      const text = why === 'timeout' ? `no answer within ${timeoutMs} ms` : messageOf(error);
      return { result: { kind: 'no-answer', why }, durationMs: took(), error: keep(text), response: null };
    }
  }
}

function messageOf(error: unknown): string {
  // A host with several addresses fails with one error for each.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

/** A receiver may answer with what it was sent. */
function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.filter((secret) => secret.length >= 4).reduce((kept, secret) => kept.replaceAll(secret, '[secret]'), text.replaceAll('\0', ''));
}
