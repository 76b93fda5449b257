import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { problemSchema } from '#libs/contract/management/common';
import { type Route, type RouteOutput } from '#libs/contract/management/route';
import { type RouteName, ROUTES } from '#libs/contract/management/routes';
import { CliError, EXIT } from './exit-code.ts';
import { refusal } from './refusal.ts';
import { AnswerLost, resend } from './resend.ts';

type Raw<T> = T extends z.ZodType ? z.input<T> : undefined;
type Fields<N extends RouteName, K extends 'params' | 'query' | 'headers' | 'body'> = (typeof ROUTES)[N] extends Record<K, infer S> ? { readonly [key in K]: Raw<S> } : { readonly [key in K]?: undefined };

/** What a call of a route takes, from its schemas. */
export type CallInput<N extends RouteName> = Fields<N, 'params'> & Partial<Fields<N, 'query'>> & Fields<N, 'headers'> & Fields<N, 'body'>;
export type CallOutput<N extends RouteName> = RouteOutput<(typeof ROUTES)[N]>;

export interface ClientOptions {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly signal: AbortSignal;
  /** For tests. */
  readonly fetch?: typeof fetch;
}

const REQUEST_TIMEOUT_MS = 30_000;

interface RequestInit {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly timeoutMs?: number;
}

interface Answer {
  readonly ok: boolean;
  readonly status: number;
  /** null where it is none. */
  readonly json: unknown;
}

/** Calls the management API, typed by the contract that the server checks requests with. */
export class ApiClient {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  get baseUrl(): string {
    return this.#options.baseUrl;
  }

  /**
   * A POST carries an Idempotency-Key of its own, so that the server runs it once however often a
   * connection breaks.
   * @throws CliError with the server's own words and the exit code that fits
   */
  async call<N extends RouteName>(name: N, input: CallInput<N>): Promise<CallOutput<N>> {
    const route: Route = ROUTES[name];
    const { params = {}, query = {}, headers = {}, body } = input as { params?: object; query?: object; headers?: Record<string, string>; body?: unknown };
    const path = route.path.replaceAll(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(String((params as Record<string, unknown>)[key])));
    const search = new URLSearchParams(Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)] as [string, string]]))).toString();
    const isPost = route.method === 'post';
    const init = {
      method: route.method.toUpperCase(),
      headers: isPost ? { 'idempotency-key': randomUUID(), ...headers } : headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    const send = (): Promise<Answer> => this.#ask(`/api/v1${path}${search === '' ? '' : `?${search}`}`, init);
    const { ok, status, json } = await this.#orSay(() => (isPost ? resend(send, isStillRunning, this.#options.signal) : send()));
    if (!ok) throw refusal(status, json);
    const checked = (route.response ?? z.unknown()).safeParse(json);
    if (!checked.success) throw new CliError(EXIT.failed, `The server's answer to ${name} is not what this version expects: use the signalbox of the same version.`, { cause: checked.error });
    return checked.data as CallOutput<N>;
  }

  /** A request with the key; `timeoutMs` counts to the last byte of its answer. @throws CliError when no server answers */
  async request(path: string, init: RequestInit = {}): Promise<Response> {
    return this.#orSay(() => this.#send(path, init));
  }

  async #send(path: string, init: RequestInit): Promise<Response> {
    const { baseUrl, apiKey, signal, fetch: send = fetch } = this.#options;
    const { timeoutMs = REQUEST_TIMEOUT_MS, ...request } = init;
    return send(new URL(path, baseUrl), {
      ...request,
      headers: { authorization: `Bearer ${apiKey}`, ...(init.body === undefined ? {} : { 'content-type': typeof init.body === 'string' ? 'application/json' : 'application/octet-stream' }), ...init.headers },
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
  }

  async #ask(path: string, init: RequestInit): Promise<Answer> {
    const answer = await this.#send(path, init);
    return { ok: answer.ok, status: answer.status, json: parsed(await answer.text()) };
  }

  /** Tells a user what it means that no whole answer came. */
  async #orSay<T>(work: () => Promise<T>): Promise<T> {
    const { baseUrl, signal } = this.#options;
    try {
      return await work();
    } catch (error) {
      if (error instanceof CliError) throw error;
      if (signal.aborted) throw new CliError(EXIT.interrupted, 'Stopped.', { cause: error });
      if (error instanceof AnswerLost) throw new CliError(EXIT.unreachable, `The connection to ${baseUrl} broke, and no answer came: the server may have acted or not. See how things stand before you try again.`, { cause: error });
      throw new CliError(EXIT.unreachable, `No Signalbox answers at ${baseUrl}. Start one with npm start, or set SIGNALBOX_URL.`, { cause: error });
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** The answer to a request sent again while the server still works on the first. */
function isStillRunning({ status, json }: Answer): boolean {
  return status === 409 && problemSchema.safeParse(json).data?.code === 'request_running';
}
