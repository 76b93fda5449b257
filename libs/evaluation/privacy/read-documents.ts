import { type ReleaseManifest } from '#libs/release/manifest';
import { EvaluationError } from '../evaluation-error.ts';
import { type Probe } from '../probe/probe.ts';
import { type RunInputs } from '../run/assay.ts';
import { type Json } from '../run/run.ts';
import { type PrivacySettings } from './privacy-settings.ts';
import { type RoutedDocument } from './routed-document.ts';

export interface LabelledText {
  readonly label: string;
  readonly text: string;
}

/** Fewer would leave nothing to learn from or to measure on. */
const MIN_DOCUMENTS = 4;

/** Texts of the suite's likelihood tasks, at most so many. @throws EvaluationError where there are too few */
export async function labelledTexts({ suite, dataset }: Pick<RunInputs, 'suite' | 'dataset'>, { classLabel, maxDocuments }: PrivacySettings): Promise<LabelledText[]> {
  const texts: LabelledText[] = [];
  for (const task of suite.tasks) {
    if (task.kind !== 'likelihood') continue;
    for (const item of await dataset(task.dataset)) texts.push(...labelled(item, classLabel));
  }
  if (texts.length < MIN_DOCUMENTS) {
    throw new EvaluationError('too-few-texts', 'suite.tasks', `A privacy run needs ${MIN_DOCUMENTS} texts or more in tasks of kind likelihood; this suite has ${texts.length}.`);
  }
  return evenly(texts, maxDocuments);
}

/** Documents of the probe: each text with where its tokens went. `<s>` and the like are left out, since they are always there. */
export async function routedDocuments(probe: Probe, release: ReleaseManifest, texts: readonly LabelledText[], maxTokens: number): Promise<RoutedDocument[]> {
  const documents: RoutedDocument[] = [];
  const width = release.shape.layers * release.routing.topK;
  for (const { label, text } of texts) {
    const all = await probe.encode(release, text);
    const plain = await probe.encode(release, text, { special: false });
    const lead = Math.max(0, all.length - plain.length);
    const tokens = all.subarray(0, Math.min(all.length, maxTokens + lead, release.shape.contextTokens));
    if (tokens.length < lead + 2) continue;
    const [score] = await probe.score(release, [{ tokens, from: tokens.length - 1 }]);
    const { expertIds, gates } = score!.routes;
    // The last token is only predicted, so it has no row.
    documents.push({ label, tokens: tokens.slice(lead, -1), expertIds: expertIds.slice(lead * width), gates: gates.slice(lead * width) });
  }
  return documents;
}

function labelled(item: Json, classLabel: string): LabelledText[] {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return [];
  const { text, labels } = item as { readonly text?: Json; readonly labels?: Json };
  if (typeof text !== 'string' || text === '') return [];
  const label = typeof labels === 'object' && labels !== null && !Array.isArray(labels) ? (labels as { readonly [name: string]: Json })[classLabel] : '';
  return [{ label: typeof label === 'string' ? label : '', text }];
}

/** At most so many, evenly spread over the list, since a dataset may be sorted by class. */
function evenly<T>(values: readonly T[], most: number): T[] {
  if (values.length <= most) return [...values];
  return Array.from({ length: most }, (_, i) => values[Math.floor((i * values.length) / most)]!);
}
