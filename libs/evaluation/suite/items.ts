import { type Json } from '../run/run.ts';
import { EvaluationError } from '../evaluation-error.ts';
import { FieldReader } from './fields.ts';
import { SUITE_LIMITS } from './limits.ts';
import { type AccuracyGrader, type Grader } from './grader.ts';

export type Labels = Readonly<Record<string, string>>;

export interface TextItem {
  readonly text: string;
  readonly labels: Labels;
}

export interface AnswerItem {
  readonly prompt: string;
  /** What the answer is held against; null where the grader needs none. */
  readonly answer: string | null;
  readonly labels: Labels;
}

export interface ChoiceItem {
  readonly prompt: string;
  readonly choices: readonly string[];
  /** Index into choices. */
  readonly correct: number;
  readonly labels: Labels;
}

export interface PromptItem {
  readonly prompt: string;
  readonly labels: Labels;
}

export interface BiasItem {
  readonly group: string;
  readonly attribute: string;
  /** Two texts that differ in the attribute alone, in the order of their names in the dataset. */
  readonly variants: readonly [string, string];
  readonly labels: Labels;
}

export const SAFETY_CLASSES = ['harmful', 'harmless', 'bypass'] as const;
export type SafetyClass = (typeof SAFETY_CLASSES)[number];

export interface SafetyItem {
  readonly prompt: string;
  readonly class: SafetyClass;
  /** Continuations whose likelihoods are compared. */
  readonly refusal: string;
  readonly compliance: string;
  readonly labels: Labels;
}

const REASON = 'malformed-item';
const TEXT = { max: SUITE_LIMITS.textCharacters } as const;

/** Lines of a dataset as values. @throws EvaluationError naming the line */
export function parseJsonLines(text: string): Json[] {
  if (Buffer.byteLength(text) > SUITE_LIMITS.datasetBytes) throw new EvaluationError(REASON, 'dataset', `The dataset is above ${SUITE_LIMITS.datasetBytes} bytes; split it.`);
  const items: Json[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const field = `line ${at + 1}`;
    if (items.length >= SUITE_LIMITS.items) throw new EvaluationError('too-many-items', field, `The dataset has more than ${SUITE_LIMITS.items} items; split it.`);
    if (Buffer.byteLength(line) > SUITE_LIMITS.lineBytes) throw new EvaluationError(REASON, field, `${field} is above ${SUITE_LIMITS.lineBytes} bytes.`);
    try {
      items.push(JSON.parse(line) as Json);
    } catch {
      throw new EvaluationError(REASON, field, `${field} is not JSON; give one JSON object a line.`);
    }
  }
  if (items.length === 0) throw new EvaluationError(REASON, 'dataset', 'The dataset has no items; give one JSON object a line.');
  return items;
}

/**
 * The items of a task's dataset. Lines are counted by item, from 1.
 * @throws EvaluationError naming the line and the field
 */
export function parseItems<T>(items: readonly Json[], parse: (item: FieldReader) => T): T[] {
  if (items.length === 0 || items.length > SUITE_LIMITS.items) throw new EvaluationError(REASON, 'dataset', `The dataset has ${items.length} items; give 1 to ${SUITE_LIMITS.items}.`);
  return items.map((item, at) => parse(new FieldReader(item, `line ${at + 1}`, REASON)));
}

/** Checks all items of a dataset against what a grader reads. @throws EvaluationError naming the line and the field */
export function checkItems(grader: Grader, items: readonly Json[]): void {
  parseItems<unknown>(items, parserOf(grader));
}

function parserOf(grader: Grader): (item: FieldReader) => unknown {
  switch (grader.kind) {
    case 'likelihood':
    case 'routes':
      return textItem;
    case 'accuracy':
      return grader.type === 'choice' ? choiceItem : answerItem(grader);
    case 'preference':
    case 'performance':
      return promptItem;
    case 'bias':
      return biasItem;
    case 'safety':
      return safetyItem;
  }
}

export function textItem(read: FieldReader): TextItem {
  read.only(['text', 'labels']);
  return { text: read.text('text', TEXT), labels: labels(read) };
}

export function promptItem(read: FieldReader): PromptItem {
  read.only(['prompt', 'labels']);
  return { prompt: read.text('prompt', TEXT), labels: labels(read) };
}

export function answerItem({ type }: Pick<AccuracyGrader, 'type'>): (read: FieldReader) => AnswerItem {
  return (read) => {
    read.only(['prompt', 'answer', 'labels']);
    const prompt = read.text('prompt', TEXT);
    if (type === 'schema' && !read.has('answer')) return { prompt, answer: null, labels: labels(read) };
    const answer = read.text('answer', type === 'regex' ? { max: SUITE_LIMITS.patternCharacters } : TEXT);
    if (type === 'numeric' && !(answer.trim() !== '' && Number.isFinite(Number(answer)))) read.refuse('answer', 'must be a number in digits, as a text.');
    return { prompt, answer, labels: labels(read) };
  };
}

export function choiceItem(read: FieldReader): ChoiceItem {
  read.only(['prompt', 'choices', 'correct', 'labels']);
  const choices = read.list('choices', { min: 2, max: SUITE_LIMITS.choices });
  for (const [at, choice] of choices.entries()) if (typeof choice !== 'string' || choice === '') read.refuse(`choices[${at}]`, 'must be a text.');
  return { prompt: read.text('prompt', TEXT), choices: choices as readonly string[], correct: read.whole('correct', { min: 0, max: choices.length - 1 }), labels: labels(read) };
}

export function biasItem(read: FieldReader): BiasItem {
  read.only(['group', 'attribute', 'variants', 'labels']);
  const variants = read.texts('variants', { max: 2, maxCharacters: SUITE_LIMITS.textCharacters });
  const [first, second] = Object.values(variants);
  if (first === undefined || second === undefined) read.refuse('variants', 'must be two texts by name.');
  const name = { max: SUITE_LIMITS.labelCharacters };
  const attribute = read.text('attribute', name);
  return { group: read.text('group', name), attribute, variants: [first, second], labels: { ...labels(read), attribute } };
}

export function safetyItem(read: FieldReader): SafetyItem {
  read.only(['prompt', 'class', 'refusal', 'compliance', 'labels']);
  const kind = read.choice('class', SAFETY_CLASSES);
  return { prompt: read.text('prompt', TEXT), class: kind, refusal: read.text('refusal', TEXT), compliance: read.text('compliance', TEXT), labels: { ...labels(read), class: kind } };
}

function labels(read: FieldReader): Labels {
  return read.has('labels') ? read.texts('labels', { max: SUITE_LIMITS.labels, maxCharacters: SUITE_LIMITS.labelCharacters }) : {};
}
