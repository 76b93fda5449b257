import { type ReleaseDiff } from '../api/gen/types.gen.ts';
import { formatBytes, shortId } from '../ui/format.ts';

/** Names that a sentence lists before it counts the rest. */
const NAMED = 6;

export type ComponentGroup = 'Routers' | 'Experts' | 'Backbone' | 'Tokenizer';

/** Which part of a model a component is, by its name. */
export function groupOf(component: string): ComponentGroup {
  if (component.startsWith('router/')) return 'Routers';
  if (component.startsWith('expert/')) return 'Experts';
  return component === 'tokenizer' ? 'Tokenizer' : 'Backbone';
}

/** Changed components by part, in the order in which people ask for them; parts without a change are left out. */
export function byGroup<T extends { readonly name: string }>(components: readonly T[]): readonly { readonly group: ComponentGroup; readonly components: readonly T[] }[] {
  const groups = ['Routers', 'Experts', 'Backbone', 'Tokenizer'] as const;
  return groups.map((group) => ({ group, components: components.filter(({ name }) => groupOf(name) === group) })).filter((one) => one.components.length > 0);
}

export function namesInWords(names: readonly string[]): string {
  const shown = names.slice(0, NAMED).join(', ');
  return names.length > NAMED ? `${shown} and ${names.length - NAMED} more` : shown;
}

/** A setting as text: what is no text is shown as JSON. */
export function settingText(value: unknown): string {
  if (value === undefined || value === null) return 'not set';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What a release differs in from another, a sentence each. */
export function differenceInWords({ components, shared, settings, against }: Pick<ReleaseDiff, 'components' | 'shared' | 'settings' | 'against'>): string[] {
  const than = `release ${shortId(against)}`;
  if (components.length === 0 && settings.length === 0) return [`Nothing differs from ${than}.`];
  return [
    ...(components.length === 0 ? [] : [`${components.length === 1 ? '1 component differs' : `${components.length} components differ`} from ${than}: ${namesInWords(components.map(({ name }) => name))}. ${shared === 1 ? '1 is' : `${shared} are`} the same.`]),
    ...(settings.length === 0 ? [] : [`Settings: ${settings.map(({ field, before, after }) => `${field} from ${settingText(before)} to ${settingText(after)}`).join('; ')}.`]),
  ];
}

/** What a release asks of the memory of each process. */
export function memoryInWords(memory: ReleaseDiff['memory']): string {
  if (memory === null) return 'What it needs in memory cannot be told: a file of it is missing.';
  if (memory.additionalBytes === 0) return 'All of its weights are in memory already.';
  return `Each process loads ${memory.componentsToLoad === 1 ? '1 component' : `${memory.componentsToLoad} components`} first, ${formatBytes(memory.additionalBytes)} of weights; until then, what serves now goes on.`;
}
