import { type AlertMatcher } from '../../api/gen/types.gen.ts';

export type Labels = Readonly<Record<string, string>>;

/** Labels of a reading; the others of an alert are its rule's. */
export const READING_LABELS = ['model', 'release', 'layer', 'expert', 'tenant', 'task', 'language'] as const;
const OF_PLACE = ['layer', 'expert', 'tenant', 'task', 'language'] as const;
const OF_HOUSE: readonly string[] = ['rule', 'signal', 'severity'];

/** Labels as the API sends them: their values are text. */
export function textLabels(labels: Readonly<Record<string, unknown>>): Labels {
  return Object.fromEntries(Object.entries(labels).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));
}

export function readingLabels(labels: Labels): Labels {
  return Object.fromEntries(READING_LABELS.flatMap((name) => (labels[name] === undefined ? [] : [[name, labels[name]]])));
}

/** Where in a model: `layer 2 · expert 5 · task chat`; the whole model where no label says. */
export function placeText(labels: Labels): string {
  const parts = OF_PLACE.flatMap((name) => (labels[name] === undefined ? [] : [`${name} ${labels[name]}`]));
  return parts.length === 0 ? (labels['model'] === undefined ? 'everything' : 'whole model') : parts.join(' · ');
}

/** Labels that a rule added. */
export function addedLabels(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !OF_HOUSE.includes(name) && !(READING_LABELS as readonly string[]).includes(name)));
}

/** `task is chat`, `layer is one of 2, 3`. */
export function matcherText(matcher: AlertMatcher): string {
  const shown = (value: string): string => (value === '' ? '(empty)' : value);
  if ('values' in matcher) return `${matcher.label} is ${matcher.is === 'one-of' ? 'one of' : 'none of'} ${matcher.values.map(shown).join(', ')}`;
  return `${matcher.label} ${matcher.is === 'equal' ? 'is' : 'is not'} ${shown(matcher.value)}`;
}

/** Matchers that pick one alert's place and rule, to begin a silence with. */
export function matchersOf(labels: Labels): readonly AlertMatcher[] {
  return ['rule', ...READING_LABELS].flatMap((label) => (labels[label] === undefined ? [] : [{ label, is: 'equal' as const, value: labels[label] }]));
}
