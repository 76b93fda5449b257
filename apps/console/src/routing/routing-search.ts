import { type TimeWindow } from '../shell/scope.ts';

export const METRICS = ['ideal', 'baseline', 'gate'] as const;
export type Metric = (typeof METRICS)[number];
/** What the other side's time is: that of the first, right before it, or a day or a week earlier. */
export const OTHER_TIMES = ['same', 'before', 'day', 'week'] as const;
export type OtherTime = (typeof OTHER_TIMES)[number];
export const DIMENSIONS = ['tenant', 'task', 'language'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** What of the recorded usage; an empty label stands for requests that gave none. */
export interface Cut {
  readonly release?: string;
  readonly tenant?: string;
  readonly task?: string;
  readonly language?: string;
}

/** Parts of the address of the routing view, beside model and time. */
export interface RoutingSearch extends Cut {
  readonly layer?: number;
  readonly metric?: Metric;
  readonly sort?: 'load';
  readonly by?: Dimension;
  /** `other`: with what the fields below name. */
  readonly compare?: 'baseline' | 'other';
  readonly otherRelease?: string;
  readonly otherTenant?: string;
  readonly otherTask?: string;
  readonly otherLanguage?: string;
  readonly otherTime?: OtherTime;
}

const SHA256 = /^[0-9a-f]{64}$/;
const DAY_MS = 86_400_000;

/** Keeps what it knows. `compare=<release>` is short for a comparison with that release. */
export function parseRoutingSearch(search: Readonly<Record<string, unknown>>): RoutingSearch {
  const { layer, metric, sort, by, compare, otherTime } = search;
  const isRelease = typeof compare === 'string' && SHA256.test(compare);
  return {
    ...releaseOf('release', search['release']),
    ...labelOf('tenant', search),
    ...labelOf('task', search),
    ...labelOf('language', search),
    ...(typeof layer === 'number' && Number.isInteger(layer) && layer >= 0 && { layer }),
    ...(METRICS.includes(metric as Metric) && metric !== 'ideal' && { metric: metric as Metric }),
    ...(sort === 'load' && { sort }),
    ...(DIMENSIONS.includes(by as Dimension) && by !== 'task' && { by: by as Dimension }),
    ...(isRelease ? { compare: 'other' as const } : (compare === 'baseline' || compare === 'other') && { compare }),
    ...releaseOf('otherRelease', isRelease ? compare : search['otherRelease']),
    ...labelOf('otherTenant', search),
    ...labelOf('otherTask', search),
    ...labelOf('otherLanguage', search),
    ...(OTHER_TIMES.includes(otherTime as OtherTime) && otherTime !== 'same' && { otherTime: otherTime as OtherTime }),
  };
}

function releaseOf(name: 'release' | 'otherRelease', value: unknown): RoutingSearch {
  return typeof value === 'string' && SHA256.test(value) ? { [name]: value } : {};
}

/** The address may hold a label that looks like a number. */
function labelOf(name: keyof RoutingSearch, search: Readonly<Record<string, unknown>>): RoutingSearch {
  const value = search[name];
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? { [name]: String(value) } : {};
}

/** The other side's ends; none where they are those of the first. */
export function otherWindow({ from, to }: Pick<TimeWindow, 'from' | 'to'>, otherTime: OtherTime = 'same'): { readonly otherFrom?: string; readonly otherTo?: string } {
  if (otherTime === 'same') return {};
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
  const backMs = otherTime === 'before' ? toMs - fromMs : otherTime === 'day' ? DAY_MS : 7 * DAY_MS;
  return { otherFrom: new Date(fromMs - backMs).toISOString(), otherTo: new Date(toMs - backMs).toISOString() };
}

/** The usage API's filters of a view. */
export function usageFilter(model: string, { from, to }: Pick<TimeWindow, 'from' | 'to'>, { release, tenant, task, language }: Cut) {
  return { model, from, to, ...(release !== undefined && { release }), ...(tenant !== undefined && { tenant }), ...(task !== undefined && { task }), ...(language !== undefined && { language }) };
}

/** The other side's filters, for the comparison with a baseline or with something else. */
export function otherFilter(window: Pick<TimeWindow, 'from' | 'to'>, search: RoutingSearch) {
  if (search.compare === 'other') {
    const { otherRelease, otherTenant, otherTask, otherLanguage, otherTime } = search;
    return { ...(otherRelease !== undefined && { otherRelease }), ...(otherTenant !== undefined && { otherTenant }), ...(otherTask !== undefined && { otherTask }), ...(otherLanguage !== undefined && { otherLanguage }), ...otherWindow(window, otherTime) };
  }
  const { tenant, task, language } = search;
  // With the baseline's traffic of the same segment.
  return { other: 'baseline' as const, ...(tenant !== undefined && { otherTenant: tenant }), ...(task !== undefined && { otherTask: task }), ...(language !== undefined && { otherLanguage: language }) };
}

/** A label as shown: requests that gave none have an empty one. */
export function labelText(label: string): string {
  return label === '' ? '(none given)' : label;
}

/** A cut in words, such as "task chat, tenant acme". */
export function cutText({ release, tenant, task, language }: Cut): string {
  const parts = [release !== undefined && `release ${release.slice(0, 10)}`, tenant !== undefined && `tenant ${labelText(tenant)}`, task !== undefined && `task ${labelText(task)}`, language !== undefined && `language ${labelText(language)}`].filter((part) => part !== false);
  return parts.length === 0 ? 'all traffic' : parts.join(', ');
}

/** The other side in words. */
export function otherText(search: RoutingSearch): string {
  if (search.compare !== 'other') return 'the baseline';
  const { otherRelease: release, otherTenant: tenant, otherTask: task, otherLanguage: language, otherTime } = search;
  const time = { same: '', before: ', the time before', day: ', a day earlier', week: ', a week earlier' }[otherTime ?? 'same'];
  return `${cutText({ release, tenant, task, language })}${time}`;
}
