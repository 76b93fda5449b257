import { textOf } from '../ui/problem-form.tsx';
import { type Settings } from './ask.ts';

/** Labels that a request may carry, by their names in the API. */
export const LABELS = [
  { name: 'tenant', label: 'Tenant' },
  { name: 'task', label: 'Task' },
  { name: 'language', label: 'Language' },
] as const;
/** What data rules look at besides the tenant. */
export const RULE_LABELS = [
  { name: 'region', label: 'Region' },
  { name: 'data_class', label: 'Data class' },
  { name: 'licence', label: 'Licence' },
] as const;

/** Fields of the settings, by which the API's problems find them. */
export const SETTING_FIELDS = ['max_tokens', 'temperature', 'seed', ...[...LABELS, ...RULE_LABELS].map(({ name }) => `metadata.${name}`)];

export function settingsOf(data: FormData): Settings {
  const number = (name: string): number | undefined => {
    const text = textOf(data, name);
    return text === undefined ? undefined : Number(text);
  };
  const labels = [...LABELS, ...RULE_LABELS].flatMap(({ name }) => {
    const value = textOf(data, `metadata.${name}`);
    return value === undefined ? [] : [[name, value] as const];
  });
  const [maxTokens, temperature, seed] = [number('max_tokens'), number('temperature'), number('seed')];
  return { metadata: Object.fromEntries(labels), ...(maxTokens !== undefined && { maxTokens }), ...(temperature !== undefined && { temperature }), ...(seed !== undefined && { seed }) };
}
