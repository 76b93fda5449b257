import { createHash } from 'node:crypto';
import { type ReleaseManifest } from '#libs/release/manifest';
import { canonicalJson, releaseIdOf } from '#libs/release/manifest-digest';
import { answerGrader, compilePattern } from '../grade/grade-answer.ts';
import { scoreText } from '../grade/score-text.ts';
import { EvaluationError } from '../evaluation-error.ts';
import { compareSettings } from '../compare/compare-settings.ts';
import { type Assay, type RunInputs, type RunTools, type Step } from '../run/assay.ts';
import { type Json } from '../run/run.ts';
import { type RouteAssertion } from '../routes/assertion.ts';
import { parseGrader, type Grader } from '../suite/grader.ts';
import { answerItem, biasItem, choiceItem, parseItems, promptItem, safetyItem, textItem, type Labels } from '../suite/items.ts';
import { type Task } from '../suite/suite.ts';
import { concludeSuite } from './conclude-suite.ts';
import { measureAnswer, measureBias, measureChoice, measurePerformance, measurePreference, measureSafety, type Asking } from './measure-item.ts';
import { measureRoutes } from './measure-routes.ts';
import { type Part } from './part.ts';

/** Part of every key: changes with whatever changes what a step gives. */
const CODE_VERSION = 'signalbox.suite-step/1';
/** Bounds of a step: about a second of the demo model. */
const MAX_STEP_ITEMS = 8;
const MAX_STEP_CHARACTERS = 4096;

/** An item, and what measures it of a release. */
interface Measurable {
  readonly labels: Labels;
  readonly characters: number;
  measure(asking: Asking): Promise<object>;
}

/** Asks every task of a suite of a candidate, and of a reference where there is one, and compares them. */
export const suiteAssay: Assay = {
  kind: 'suite',

  async plan(inputs: RunInputs): Promise<readonly Step[]> {
    compareSettings(inputs.spec.settings);
    const steps: Step[] = [];
    for (const [at, task] of inputs.suite.tasks.entries()) steps.push(...(await taskSteps(inputs, task, `tasks[${at}]`)));
    return steps;
  },

  conclude: (inputs, parts) => concludeSuite(inputs, parts as unknown as readonly Part[]) as unknown as Json,
};

async function taskSteps(inputs: RunInputs, task: Task, path: string): Promise<Step[]> {
  const { candidate, reference } = inputs;
  const grader = parseGrader(task.kind, task.grader, `${path}.grader`);
  if (task.kind === 'preference' && !reference) {
    throw new EvaluationError('needs-reference', path, `${path} is of kind preference, which compares two releases; name a reference, or leave the task out of the suite.`);
  }
  if (grader.kind === 'routes') requireInShape(grader.assertions, candidate, path);
  const read = readerOf(grader, reference);
  const items = await inputs.dataset(task.dataset);
  const measurables = naming(task, path, () => read(items));
  const sides = reference && task.kind !== 'preference' ? [candidate, reference] : [candidate];
  // What a judge said serves no other one, nor another way of asking.
  const preference: { readonly [name: string]: Json } = task.kind === 'preference' ? { versus: releaseIdOf(reference!), judge: { ...inputs.judge }, asked: 2 } : { versus: null };
  return sides.flatMap((release) => stepsOf(task, grader, measurables, release, preference));
}

/** Errors of items name a line; whose, only the task knows. */
function naming<T>({ id }: Task, path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    throw new EvaluationError(error.reason, `${path}.${error.field}`, `Task ${id}: ${error.message}`);
  }
}

function readerOf(grader: Grader, reference: ReleaseManifest | null): (items: readonly Json[]) => Measurable[] {
  const parsed = <T extends { readonly labels: Labels }>(parse: Parameters<typeof parseItems<T>>[1], measure: (asking: Asking, item: T) => Promise<object>) => (items: readonly Json[]): Measurable[] =>
    parseItems(items, parse).map((item, at) => ({ labels: item.labels, characters: JSON.stringify(items[at]).length, measure: (asking) => measure(asking, item) }));
  switch (grader.kind) {
    case 'likelihood':
      return parsed(textItem, async ({ tools, release, line }, { text }) => {
        const { bits, bytes } = await scoreText(tools.probe, release, text, line);
        return { bits, bytes };
      });
    case 'accuracy': {
      if (grader.type === 'choice') return parsed(choiceItem, measureChoice);
      const grade = answerGrader(grader);
      const isPattern = grader.type === 'regex';
      return parsed(
        (read) => {
          const item = answerItem(grader)(read);
          if (isPattern) compilePattern(item.answer ?? '');
          return item;
        },
        (asking, item) => measureAnswer(asking, grader, grade, item),
      );
    }
    case 'preference':
      return parsed(promptItem, (asking, item) => measurePreference(asking, grader, reference!, item));
    case 'bias':
      return parsed(biasItem, measureBias);
    case 'safety':
      return parsed(safetyItem, measureSafety);
    case 'performance':
      return parsed(promptItem, (asking, item) => measurePerformance(asking, grader, item));
    case 'routes':
      return parsed(textItem, ({ tools, release, line }, item) => measureRoutes(tools.probe, release, grader.assertions, item, line));
  }
}

function stepsOf({ id, kind, dataset }: Task, grader: Grader, items: readonly Measurable[], release: ReleaseManifest, preference: { readonly [name: string]: Json }): Step[] {
  const releaseId = releaseIdOf(release);
  const graderDigest = createHash('sha256').update(canonicalJson(grader), 'utf8').digest('hex');
  return ranges(items).map(({ from, to }) => ({
    // Which task or suite asks does not matter: equal items, judged alike, give equal parts.
    key: { code: CODE_VERSION, kind, dataset, from, to, release: releaseId, ...preference, grader: graderDigest },
    label: `${id}: items ${from + 1} to ${to} of ${items.length}, release ${releaseId.slice(0, 12)}`,
    measure: async (tools: RunTools) => {
      const measured: object[] = [];
      for (let at = from; at < to; at += 1) {
        const item = items[at]!;
        measured.push({ line: at + 1, labels: item.labels, ...(await item.measure({ tools, release, line: at + 1 })) });
      }
      return { kind, of: items.length, items: measured } as unknown as Json;
    },
  }));
}

/** Items in a row that make a step, [from, to). */
function ranges(items: readonly Measurable[]): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  let from = 0;
  let characters = 0;
  for (const [at, item] of items.entries()) {
    if (at > from && (at - from >= MAX_STEP_ITEMS || characters + item.characters > MAX_STEP_CHARACTERS)) {
      found.push({ from, to: at });
      from = at;
      characters = 0;
    }
    characters += item.characters;
  }
  return [...found, { from, to: items.length }];
}

function requireInShape(assertions: readonly RouteAssertion[], { shape }: ReleaseManifest, path: string): void {
  for (const [at, assertion] of assertions.entries()) {
    const field = `${path}.grader.assertions[${at}]`;
    const layers = 'layer' in assertion ? [assertion.layer] : assertion.type === 'moved-at-most' ? (assertion.layers ?? []) : [];
    const experts = 'experts' in assertion ? (assertion.experts ?? []) : [];
    const layer = layers.find((one) => one >= shape.layers);
    if (layer !== undefined) throw new EvaluationError('no-such-layer', `${field}.layer`, `${field}: the release has no layer ${layer}; give 0 to ${shape.layers - 1}.`);
    const expert = experts.find((one) => one >= shape.experts);
    if (expert !== undefined) throw new EvaluationError('no-such-expert', `${field}.experts`, `${field}: the release has no expert ${expert}; give 0 to ${shape.experts - 1}.`);
  }
}
