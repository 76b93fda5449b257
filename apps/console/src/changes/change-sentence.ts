import { shortId } from '../ui/format.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What a request asks for, as a sentence. Takes the payload as the API gives it. */
export function changeSentence(payload: Fields): string {
  const model = text(payload['model']);
  switch (payload['type']) {
    case 'activate': return `Release ${shortId(text(payload['releaseId']))} shall answer for ${model}${strategyWords(payload['strategy'])}.`;
    case 'add-expert': return `Release ${shortId(text(payload['releaseId']))}, with more experts in each layer, shall answer for ${model}${strategyWords(payload['strategy'])}.`;
    case 'replace-expert':
    case 'change-router': return `${model} shall answer with other versions of ${names(list(payload['replace']).map((one) => text(record(one)['component'])))}${strategyWords(payload['strategy'])}.`;
    case 'change-routing-settings': return `${model} shall route with ${Object.entries(record(payload['settings'])).map(([name, value]) => `${name} ${JSON.stringify(value)}`).join(', ')}${strategyWords(payload['strategy'])}.`;
    case 'retire-expert': return `No request shall reach ${names(list(payload['experts']).map(text))} of ${model}.`;
    case 'rescope-expert': return `Version ${shortId(text(payload['sha256']))} shall have another card, which says what it is for.`;
    case 'change-data-rules': return `${model} shall have ${count(list(payload['rules']).length, 'data rule')} in place of those in force.`;
    case 'recall': return `Version ${shortId(text(payload['sha256']))} shall be withdrawn everywhere: ${text(payload['reason'])}`;
    case 'change-policy': return 'Another change policy shall be in force, for all models.';
    case 'set-governance': return payload['mode'] === 'required' ? `${model} shall change only by approved requests.` : `Operators may change ${model} directly.`;
    default: return text(payload['type']);
  }
}

/** How a release comes to answer: at once, as a canary or by a rollout. */
function strategyWords(strategy: unknown): string {
  const { kind, share, plan } = record(strategy);
  if (kind === 'canary') return `, first as a canary for ${typeof share === 'number' ? `${Math.round(share * 1000) / 10}%` : 'a share'} of the requests in scope`;
  if (kind === 'rollout') return `, by a guarded rollout in ${count(list(record(plan)['steps']).length, 'step')}`;
  return ', at once and for all requests';
}

export function strategyKind(payload: Fields): string | null {
  const { kind } = record(payload['strategy']);
  return typeof kind === 'string' ? kind : null;
}

function count(number: number, what: string): string {
  return number === 0 ? `no ${what}s` : `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** At most three by name. */
function names(all: readonly string[]): string {
  const shown = all.slice(0, 3);
  return all.length > shown.length ? `${shown.join(', ')} and ${all.length - shown.length} more` : shown.join(' and ');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function record(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
