import { type ChangePayload } from '../api/gen/types.gen.ts';
import { Problem } from '../api/problem.ts';
import { CHANGE_TYPES, type ChangeType } from './change-words.ts';

/** A request as its form holds it: text, field by field. Empty where nothing was given. */
export type Draft = Readonly<Record<DraftField, string>> & { readonly type: ChangeType };

const FIELDS = ['model', 'releaseId', 'strategy', 'share', 'stickyBy', 'plan', 'replace', 'experts', 'sha256', 'card', 'topK', 'normalise', 'otherSettings', 'rules', 'recallReason', 'policies', 'approvalHours', 'changeDays', 'reviewHours', 'breakGlassHours', 'mode'] as const;
export type DraftField = (typeof FIELDS)[number];
const LIMITS = ['approvalHours', 'changeDays', 'reviewHours', 'breakGlassHours'] as const;

/** A start for a rollout's plan; what is left out gets its default. */
const PLAN_START = {
  steps: [
    { share: 0.05, bakeMs: 600_000, minRequests: 200, maxMs: 86_400_000 },
    { share: 0.5, bakeMs: 600_000, minRequests: 500, maxMs: 86_400_000 },
  ],
  guards: [{ kind: 'error-rate' }, { kind: 'latency' }],
};
const CARD_START = { title: '', forUse: '', notForUse: '' };

const START: Readonly<Record<DraftField, string>> = {
  ...(Object.fromEntries(FIELDS.map((field) => [field, ''])) as Record<DraftField, string>),
  strategy: 'at-once', share: '5', stickyBy: 'session', plan: pretty(PLAN_START), card: pretty(CARD_START), rules: '[]', mode: 'required',
};

/** An empty form, or one with some fields filled in. */
export function startDraft(type: ChangeType, given: Readonly<Partial<Record<DraftField, string>>> = {}): Draft {
  return { ...START, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)), type };
}

/** Which fields a type has, by their names in the form. */
export const FIELDS_OF: Readonly<Record<ChangeType, readonly DraftField[]>> = {
  activate: ['model', 'releaseId', 'strategy'],
  'add-expert': ['model', 'releaseId', 'strategy'],
  'replace-expert': ['model', 'replace', 'strategy'],
  'change-router': ['model', 'replace', 'strategy'],
  'change-routing-settings': ['model', 'topK', 'normalise', 'otherSettings', 'strategy'],
  'retire-expert': ['model', 'experts'],
  'rescope-expert': ['model', 'sha256', 'card'],
  'change-data-rules': ['model', 'rules'],
  recall: ['model', 'sha256', 'recallReason'],
  'change-policy': ['policies', ...LIMITS],
  'set-governance': ['model', 'mode'],
};

/** @throws Problem that names the field which cannot be read; all else the API judges */
export function payloadOf(draft: Draft): ChangePayload {
  const { type, model } = draft;
  // What is put together here the API checks, field by field.
  const payload = (fields: object): ChangePayload => ({ type, ...fields }) as ChangePayload;
  switch (type) {
    case 'activate':
    case 'add-expert':
      return payload({ model, releaseId: draft.releaseId.trim(), strategy: strategyOf(draft) });
    case 'replace-expert':
    case 'change-router':
      return payload({ model, replace: replacements(draft.replace), strategy: strategyOf(draft) });
    case 'change-routing-settings':
      return payload({ model, settings: { ...(draft.otherSettings.trim() !== '' && (json(draft.otherSettings, 'change.settings') as object)), ...(draft.topK !== '' && { topK: Number(draft.topK) }), ...(draft.normalise !== '' && { normalise: draft.normalise === 'true' }) }, strategy: strategyOf(draft) });
    case 'retire-expert':
      return payload({ model, experts: words(draft.experts) });
    case 'rescope-expert':
      return payload({ model, sha256: draft.sha256.trim(), card: json(draft.card, 'change.card') });
    case 'change-data-rules':
      return payload({ model, rules: json(draft.rules, 'change.rules') });
    case 'recall':
      return payload({ model, sha256: draft.sha256.trim(), reason: draft.recallReason });
    case 'change-policy':
      return payload({ policies: draft.policies, limits: Object.fromEntries(LIMITS.map((limit) => [limit, Number(draft[limit])])) });
    case 'set-governance':
      return payload({ model, mode: draft.mode });
  }
}

/** The form of a request that is there, to be edited. */
export function draftOf(payload: Readonly<Record<string, unknown>>): Draft {
  const type = typeof payload['type'] === 'string' && payload['type'] in CHANGE_TYPES ? (payload['type'] as ChangeType) : 'activate';
  const strategy = (payload['strategy'] ?? {}) as { readonly kind?: string; readonly share?: number; readonly stickyBy?: string; readonly plan?: unknown };
  const { topK, normalise, ...others } = (payload['settings'] ?? {}) as { readonly topK?: number; readonly normalise?: boolean };
  const text = (name: string): string | undefined => (typeof payload[name] === 'string' ? payload[name] : undefined);
  const replace = (payload['replace'] ?? []) as readonly { readonly component: string; readonly sha256: string }[];
  const limits = (payload['limits'] ?? {}) as Readonly<Record<string, number>>;
  return startDraft(type, {
    model: text('model'), releaseId: text('releaseId'), sha256: text('sha256'), policies: text('policies'), mode: text('mode'), recallReason: text('reason'),
    strategy: strategy.kind, share: strategy.share === undefined ? undefined : String(Math.round(strategy.share * 1e6) / 1e4), stickyBy: strategy.stickyBy, plan: strategy.plan === undefined ? undefined : pretty(strategy.plan),
    replace: replace.map(({ component, sha256 }) => `${component} ${sha256}`).join('\n'), experts: ((payload['experts'] ?? []) as readonly string[]).join('\n'),
    card: payload['card'] === undefined ? undefined : pretty(payload['card']), rules: payload['rules'] === undefined ? undefined : pretty(payload['rules']),
    topK: topK === undefined ? undefined : String(topK), normalise: normalise === undefined ? undefined : String(normalise), otherSettings: Object.keys(others).length === 0 ? undefined : pretty(others),
    ...Object.fromEntries(LIMITS.filter((limit) => limits[limit] !== undefined).map((limit) => [limit, String(limits[limit])])),
  });
}

export function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

/** @throws Problem that says what is wrong with the JSON */
export function json(text: string, field: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Problem(400, 'invalid_json', 'This is no JSON', error instanceof Error ? `This is no JSON: ${error.message}` : 'This is no JSON.', field);
  }
}

function strategyOf({ strategy, share, stickyBy, plan }: Draft): object {
  if (strategy === 'canary') return { kind: 'canary', share: Number(share) / 100, stickyBy };
  return strategy === 'rollout' ? { kind: 'rollout', plan: json(plan, 'change.strategy') } : { kind: 'at-once' };
}

/** Lines such as: expert/1/3 9f2c... */
function replacements(text: string): readonly { readonly component: string; readonly sha256: string }[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/[\s:=]+/))
    .filter(([component]) => component !== '')
    .map(([component = '', sha256 = '']) => ({ component, sha256 }));
}

function words(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}
