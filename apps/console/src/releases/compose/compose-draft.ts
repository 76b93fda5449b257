import { type ReleaseRequest } from '../../api/gen/types.gen.ts';
import { Problem } from '../../api/problem.ts';

export const GATINGS = ['softmax-topk', 'switch-top1', 'gshard-top2', 'topk-softmax', 'topk-sigmoid', 'sigmoid-bias', 'noisy-topk', 'two-level', 'expert-choice'] as const satisfies readonly NonNullable<ReleaseRequest['routing']>['gating'][];

/** A version that takes the place of another. */
export interface Exchange {
  readonly component: string;
  readonly sha256: string;
}

/** A composition as its form holds it; an empty text is a field that nobody filled in. */
export interface ComposeDraft {
  readonly base: string;
  readonly exchanges: readonly Exchange[];
  readonly routersFrom: string;
  readonly expertsFrom: string;
  readonly gating: string;
  readonly topK: string;
  readonly normalise: string;
  /** Further routing settings, as JSON. */
  readonly settings: string;
}

/** The same in the address: exchanges as `expert/1/3:<sha256>`, separated by commas. */
export type ComposeSearch = Readonly<Partial<Record<'base' | 'replace' | 'routersFrom' | 'expertsFrom' | 'gating' | 'topK' | 'normalise' | 'settings', string>>>;

const SHA256 = /^[0-9a-f]{64}$/;
const COMPONENT = /^(backbone|tokenizer|router\/\d{1,5}|expert\/\d{1,5}\/\d{1,5})$/;
/** Characters that an address holds of further settings. */
const MAX_SETTINGS = 4000;

export function parseCompose(search: Readonly<Record<string, unknown>>): ComposeSearch {
  const text = (name: string): string => (['string', 'number', 'boolean'].includes(typeof search[name]) ? String(search[name]) : '');
  const draft: ComposeDraft = {
    base: digestOr(text('base')),
    exchanges: text('replace').split(',').map((pair) => pair.split(':')).flatMap(([component = '', sha256 = '']) => (COMPONENT.test(component) && SHA256.test(sha256) ? [{ component, sha256 }] : [])),
    routersFrom: digestOr(text('routersFrom')),
    expertsFrom: digestOr(text('expertsFrom')),
    gating: GATINGS.find((rule) => rule === text('gating')) ?? '',
    topK: /^\d{1,4}$/.test(text('topK')) ? text('topK') : '',
    normalise: ['true', 'false'].includes(text('normalise')) ? text('normalise') : '',
    settings: text('settings').slice(0, MAX_SETTINGS),
  };
  return searchOf(draft);
}

/** What the address holds of a draft: only what is filled in. */
export function searchOf({ exchanges, ...texts }: ComposeDraft): ComposeSearch {
  const all = { ...texts, replace: exchanges.map(({ component, sha256 }) => `${component}:${sha256}`).join(',') };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
}

/** @param base where the address names none */
export function draftOf(search: ComposeSearch, base: string): ComposeDraft {
  const { replace = '', routersFrom = '', expertsFrom = '', gating = '', topK = '', normalise = '', settings = '' } = search;
  const exchanges = replace.split(',').filter((pair) => pair !== '').map((pair) => pair.split(':')).map(([component = '', sha256 = '']) => ({ component, sha256 }));
  return { base: search.base ?? base, exchanges, routersFrom, expertsFrom, gating, topK, normalise, settings };
}

/** One exchange for each component: a later one takes the place of an earlier one. */
export function withExchange(exchanges: readonly Exchange[], added: Exchange): readonly Exchange[] {
  return [...exchanges.filter(({ component }) => component !== added.component), added];
}

/** What the API takes, without the note. @throws Problem that names the field where the settings are no JSON object */
export function orderOf({ base, exchanges, routersFrom, expertsFrom, gating, topK, normalise, settings }: ComposeDraft): ReleaseRequest {
  const routing = {
    ...(settings.trim() !== '' && settingsOf(settings)),
    ...(gating !== '' && { gating: gating as (typeof GATINGS)[number] }),
    ...(topK !== '' && { topK: Number(topK) }),
    ...(normalise !== '' && { normalise: normalise === 'true' }),
  };
  return {
    base,
    ...(exchanges.length > 0 && { replace: Object.fromEntries(exchanges.map(({ component, sha256 }) => [component, sha256])) }),
    ...(routersFrom !== '' && { routersFrom }),
    ...(expertsFrom !== '' && { expertsFrom }),
    ...(Object.keys(routing).length > 0 && { routing }),
  };
}

function settingsOf(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw noObject(error instanceof Error ? error.message : 'it cannot be read');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw noObject('give an object such as {"capacity": {"factor": 1.25, "policy": "reroute", "scope": "request"}}');
  return value;
}

function noObject(why: string): Problem {
  return new Problem(400, 'invalid_json', 'The settings are no JSON object', `This is no JSON object: ${why}.`, 'routing');
}

function digestOr(text: string): string {
  return SHA256.test(text) ? text : '';
}
