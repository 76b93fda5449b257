import { type TimeWindow } from '../shell/scope.ts';

export const STATUSES = ['answered', 'cancelled', 'failed'] as const;
export const FLAGS = ['any', 'dropped', 'rerouted', 'masked', 'fallback', 'unavailable', 'generalist', 'none'] as const;
export const ORDERS = ['newest', 'oldest', 'slowest', 'fastest'] as const;
type Status = (typeof STATUSES)[number];
type Flag = (typeof FLAGS)[number];
export type Order = (typeof ORDERS)[number];

/** What narrows the list; an empty label stands for requests that gave none. */
interface RequestFilter {
  readonly release?: string;
  readonly status?: Status;
  readonly flag?: Flag;
  readonly tenant?: string;
  readonly task?: string;
  readonly language?: string;
  readonly minDurationMs?: number;
  readonly maxDurationMs?: number;
  readonly rule?: string;
}

/** Parts of the address of the list, beside model and time. */
export interface RequestSearch extends RequestFilter {
  /** Left out: newest. */
  readonly order?: Order;
  /** Where the list starts. */
  readonly at?: string;
}

const MAX_MS = 2 ** 31 - 1;

export function parseRequestSearch(search: Readonly<Record<string, unknown>>): RequestSearch {
  const { release, status, flag, order, at } = search;
  return {
    ...(typeof release === 'string' && /^[0-9a-f]{64}$/.test(release) && { release }),
    ...oneOf('status', status, STATUSES),
    ...oneOf('flag', flag, FLAGS),
    ...text('tenant', search),
    ...text('task', search),
    ...text('language', search),
    ...text('rule', search),
    ...milliseconds('minDurationMs', search),
    ...milliseconds('maxDurationMs', search),
    ...(order !== 'newest' && oneOf('order', order, ORDERS)),
    ...(typeof at === 'string' && !Number.isNaN(Date.parse(at)) && order !== 'slowest' && order !== 'fastest' && { at: new Date(at).toISOString() }),
  };
}

function oneOf<K extends string>(name: K, value: unknown, allowed: readonly string[]): Partial<Record<K, never>> {
  return typeof value === 'string' && allowed.includes(value) ? ({ [name]: value } as Partial<Record<K, never>>) : {};
}

/** The address may hold a label that looks like a number. */
function text(name: 'tenant' | 'task' | 'language' | 'rule', search: Readonly<Record<string, unknown>>): RequestFilter {
  const value = search[name];
  const isText = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return isText && String(value).length <= 256 && (name !== 'rule' || value !== '') ? { [name]: String(value) } : {};
}

function milliseconds(name: 'minDurationMs' | 'maxDurationMs', search: Readonly<Record<string, unknown>>): RequestFilter {
  const value = search[name] === '' || search[name] === null ? NaN : Number(search[name]);
  return Number.isInteger(value) && value >= 0 && value <= MAX_MS ? { [name]: value } : {};
}

/** The filters that narrow the list, without order and place. */
export function filterOf({ order: _order, at: _at, ...search }: RequestSearch): RequestFilter {
  const { release, status, flag, tenant, task, language, minDurationMs, maxDurationMs, rule } = search;
  const all = { release, status, flag, tenant, task, language, minDurationMs, maxDurationMs, rule };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** The API's filters. A range that moves on has no end, so that what comes in is in it. */
export function requestQuery(model: string, { from, to, range }: TimeWindow, filter: RequestFilter) {
  return { model, from, ...(range === null && { to }), ...filter };
}

/** A moment as a field of the browser shows it, in the viewer's zone and to the second. */
export function localMoment(atMs: number): string {
  const date = new Date(atMs);
  return new Date(atMs - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

/** When a request was admitted, out of its id (UUID of version 7); null for ids of other versions. */
export function admittedAtMs(requestId: string): number | null {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-7/i.test(requestId) ? Number.parseInt(requestId.replace('-', '').slice(0, 12), 16) : null;
}
