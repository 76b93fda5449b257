import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { type LookupFunction } from 'node:net';
import { type WebRequest } from '#libs/alerting/receiver/receiver';
import { type AllowList } from './address-policy.ts';
import { BlockedAddressError, type ResolvedAddress, resolveHost, type Resolver } from './resolve-host.ts';

/** What is read of an answer, bytes. */
const MAX_ANSWER_BYTES = 4096;
const MAX_HEADER_BYTES = 16 * 1024;

export interface WebAnswer {
  readonly status: number;
  readonly retryAfterSeconds: number | null;
  /** Its beginning. */
  readonly body: string;
}

/**
 * Sends one request to a checked address and reads the beginning of its answer. Redirects are not followed.
 * @throws BlockedAddressError, or what the connection failed with; the signal's reason when it aborts
 */
export async function sendWeb({ url, method, headers, body }: WebRequest, { allow, resolver, signal }: { readonly allow: AllowList; readonly resolver: Resolver; readonly signal: AbortSignal }): Promise<WebAnswer> {
  const target = new URL(url);
  if (target.protocol !== 'https:' && target.protocol !== 'http:') throw new BlockedAddressError('only https addresses are sent to');
  const { addresses, isAllowed } = await orAborted(resolveHost(target.hostname, allow, resolver), signal);
  if (target.protocol === 'http:' && !isAllowed) throw new BlockedAddressError('a public address is sent to by https only');
  const options: RequestOptions = {
    method,
    headers: { 'user-agent': 'Signalbox', ...headers, 'content-length': Buffer.byteLength(body) },
    lookup: lookupAmong(addresses),
    // A pooled connection could be one to an address that was checked for another name.
    agent: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    signal,
  };
  return new Promise((resolve, reject) => {
    const request = (target.protocol === 'https:' ? requestHttps : requestHttp)(target, options, (answer) => {
      readBeginning(answer).then((text) => resolve({ status: answer.statusCode ?? 0, retryAfterSeconds: retryAfter(answer.headers['retry-after']), body: text }), reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Answers a connection's question for a name with the addresses that were checked. */
function lookupAmong(addresses: readonly ResolvedAddress[]): LookupFunction {
  return (_host, options, callback) => {
    const first = addresses[0]!;
    if (options.all === true) callback(null, [...addresses]);
    else callback(null, first.address, first.family);
  };
}

async function readBeginning(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    parts.push(part);
    sizeBytes += part.length;
    // Leaving the loop ends the connection.
    if (sizeBytes >= MAX_ANSWER_BYTES) break;
  }
  return Buffer.concat(parts).subarray(0, MAX_ANSWER_BYTES).toString('utf8');
}

/** Seconds of a Retry-After header, which gives seconds or a date. */
function retryAfter(header: string | undefined): number | null {
  if (header === undefined) return null;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? null : Math.max(0, Math.ceil((atMs - Date.now()) / 1000));
}

/** A look-up cannot be called off, but nobody has to wait for it. */
export function orAborted<T>(running: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    running.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
