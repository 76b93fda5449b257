import { z } from 'zod';
import { type Route, type RouteOutput } from '#libs/contract/management/route';
import { type RouteName, ROUTES } from '#libs/contract/management/routes';
import { CliError, EXIT } from './exit-code.ts';
import { refusal } from './refusal.ts';

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

/** Calls the management API, typed by the contract that the server checks requests with. */
export class ApiClient {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  get baseUrl(): string {
    return this.#options.baseUrl;
  }

  /** @throws CliError with the server's own words and the exit code that fits */
  async call<N extends RouteName>(name: N, input: CallInput<N>): Promise<CallOutput<N>> {
    const route: Route = ROUTES[name];
    const { params = {}, query = {}, headers = {}, body } = input as { params?: object; query?: object; headers?: Record<string, string>; body?: unknown };
    const path = route.path.replaceAll(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(String((params as Record<string, unknown>)[key])));
    const search = new URLSearchParams(Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)] as [string, string]]))).toString();
    const answer = await this.request(`/api/v1${path}${search === '' ? '' : `?${search}`}`, {
      method: route.method.toUpperCase(),
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const json: unknown = await answer.json().catch(() => null);
    if (!answer.ok) throw refusal(answer.status, json);
    const parsed = (route.response ?? z.unknown()).safeParse(json);
    if (!parsed.success) throw new CliError(EXIT.failed, `The server's answer to ${name} is not what this version expects: use the signalbox of the same version.`, { cause: parsed.error });
    return parsed.data as CallOutput<N>;
  }

  /** A request with the key; `timeoutMs` counts to the last byte of its answer. @throws CliError when no server answers */
  async request(path: string, init: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string | Uint8Array<ArrayBuffer>; readonly timeoutMs?: number } = {}): Promise<Response> {
    const { baseUrl, apiKey, signal, fetch: send = fetch } = this.#options;
    const { timeoutMs = REQUEST_TIMEOUT_MS, ...request } = init;
    try {
      return await send(new URL(path, baseUrl), {
        ...request,
        headers: { authorization: `Bearer ${apiKey}`, ...(init.body === undefined ? {} : { 'content-type': typeof init.body === 'string' ? 'application/json' : 'application/octet-stream' }), ...init.headers },
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      });
    } catch (error) {
      if (signal.aborted) throw new CliError(EXIT.interrupted, 'Stopped.', { cause: error });
      throw new CliError(EXIT.unreachable, `No Signalbox answers at ${baseUrl}. Start one with npm start, or set SIGNALBOX_URL.`, { cause: error });
    }
  }
}
