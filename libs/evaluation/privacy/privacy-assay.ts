import { releaseIdOf } from '#libs/release/manifest-digest';
import { EvaluationError } from '../evaluation-error.ts';
import { type Probe } from '../probe/probe.ts';
import { type Assay, type RunInputs, type Step } from '../run/assay.ts';
import { type Json } from '../run/run.ts';
import { type AttackOptions, attackRouteClasses, attackRoutes, attackText, attackUsage } from './attack-levels.ts';
import { concludePrivacy, type PrivacyPart } from './conclude-privacy.ts';
import { type PrivacySettings, privacySettings } from './privacy-settings.ts';
import { labelledTexts, type LabelledText, routedDocuments } from './read-documents.ts';
import { routeInformation } from './route-information.ts';
import { countTokens, type RoutedDocument, type SplitDocuments, splitDocuments } from './routed-document.ts';
import { chanceOf } from './token-recovery.ts';

/** Of the measuring code: parts of another version are not taken for these. */
const VERSION = 'signalbox.privacy/1';
const TEXTS_PER_STEP = 16;
/** Of the training tokens, for the learning curve; the last one is the level itself. */
export const LEARNING_SHARES = [0.125, 0.25, 0.5, 1] as const;

/** How much the routes of a release tell of the text that took them, level by level. */
export const privacyAssay: Assay = {
  kind: 'privacy',
  plan: async (inputs) => {
    const settings = privacySettings(inputs.spec.settings);
    if (inputs.candidate.shape.experts < 2) throw new EvaluationError('nothing-routed', 'candidate', 'A privacy run looks at routes; this release has one expert, so there are none.');
    return stepsOf(inputs, settings, await labelledTexts(inputs, settings));
  },
  conclude: (inputs, parts) => concludePrivacy(inputs, privacySettings(inputs.spec.settings), parts) as unknown as Json,
};

/**
 * First the texts run through the release, some in a step; then come the attacks. No part holds tokens or
 * routes: these stay in memory, and an attack in another process than theirs routes the texts again.
 */
function stepsOf(inputs: RunInputs, settings: PrivacySettings, texts: readonly LabelledText[]): Step[] {
  const corpus = new Corpus(inputs, settings, texts);
  const { candidate, suite } = inputs;
  const base = { format: VERSION, release: releaseIdOf(candidate), datasets: suite.tasks.flatMap(({ kind, dataset }) => (kind === 'likelihood' ? [dataset] : [])), texts: texts.length };
  const { seed, classLabel, heldOutShare, maxDocuments, maxTokensPerDocument, trainTokens, epochs } = settings;
  const split = { seed, classLabel, heldOutShare, maxDocuments, maxTokensPerDocument };
  const attack = (name: string, key: { readonly [name: string]: Json }, label: string, measure: (split: SplitDocuments<RoutedDocument>, options: AttackOptions) => Promise<PrivacyPart> | PrivacyPart): Step => ({
    key: { ...base, ...split, attack: name, ...key },
    label,
    measure: async ({ probe }) => {
      const options = { shape: shapeOf(inputs), vocabSize: candidate.shape.vocabSize, seed, epochs, breathe };
      return (await measure(await corpus.split(probe), options)) as unknown as Json;
    },
  });
  const reading = Array.from({ length: corpus.chunks }, (_, chunk): Step => ({
    key: { ...base, classLabel, maxDocuments, maxTokensPerDocument, read: chunk, of: TEXTS_PER_STEP },
    label: `routes of texts ${chunk * TEXTS_PER_STEP + 1} to ${Math.min(texts.length, (chunk + 1) * TEXTS_PER_STEP)}`,
    measure: async ({ probe }) => {
      const documents = await corpus.chunk(chunk, probe);
      return { part: 'read', documents: documents.length, tokens: countTokens(documents) };
    },
  }));
  return [
    ...reading,
    attack('chance', {}, 'token recovery without routes', async ({ train, heldOut }, { vocabSize }) => ({
      part: 'chance',
      chance: await chanceOf(train, heldOut, vocabSize, breathe),
      documents: { train: train.length, heldOut: heldOut.length },
      tokens: { train: countTokens(train), heldOut: countTokens(heldOut) },
    })),
    ...LEARNING_SHARES.map((share) =>
      attack('routes', { epochs, trainTokens, share, gates: true }, `token recovery from routes, ${share * 100} % of the attacker's text`, async (documents, options) => ({
        part: 'routes',
        share,
        recovery: await attackRoutes(documents, Math.round(Math.min(trainTokens, countTokens(documents.train)) * share), true, options),
      })),
    ),
    attack('routes', { epochs, trainTokens, share: 1, gates: false }, 'token recovery from expert ids alone', async (documents, options) => ({ part: 'routes-ids', recovery: await attackRoutes(documents, trainTokens, false, options) })),
    attack('text', {}, 'classes from the text', async (documents, options) => ({ part: 'full', level: await attackText(documents, options) })),
    attack('classes', {}, 'classes from routes', (documents, options) => ({ part: 'classes', figures: attackRouteClasses(documents, options) })),
    ...settings.aggregateOf.map((size) => attack('usage', { size }, `sums over ${size} request${size === 1 ? '' : 's'}`, async (documents, options) => ({ part: 'usage', size, level: await attackUsage(documents, size, options) }))),
    attack('information', {}, 'mutual information', (documents, { shape }) => ({ part: 'information', layers: routeInformation([...documents.train, ...documents.heldOut], shape) })),
  ];
}

/** Routed texts of a run, read once in a process. */
class Corpus {
  readonly chunks: number;
  readonly #known = new Map<number, Promise<RoutedDocument[]>>();
  readonly #inputs: RunInputs;
  readonly #settings: PrivacySettings;
  readonly #texts: readonly LabelledText[];

  constructor(inputs: RunInputs, settings: PrivacySettings, texts: readonly LabelledText[]) {
    this.#inputs = inputs;
    this.#settings = settings;
    this.#texts = texts;
    this.chunks = Math.ceil(texts.length / TEXTS_PER_STEP);
  }

  chunk(at: number, probe: Probe): Promise<RoutedDocument[]> {
    const known = this.#known.get(at);
    if (known) return known;
    const some = this.#texts.slice(at * TEXTS_PER_STEP, (at + 1) * TEXTS_PER_STEP);
    const reading = routedDocuments(probe, this.#inputs.candidate, some, this.#settings.maxTokensPerDocument);
    this.#known.set(at, reading);
    // What failed is tried anew.
    reading.catch(() => this.#known.delete(at));
    return reading;
  }

  async split(probe: Probe): Promise<SplitDocuments<RoutedDocument>> {
    const all: RoutedDocument[] = [];
    for (let at = 0; at < this.chunks; at += 1) all.push(...(await this.chunk(at, probe)));
    const split = splitDocuments(all, this.#settings.heldOutShare, this.#settings.seed);
    if (split.heldOut.length === 0) throw new EvaluationError('too-few-texts', 'suite.tasks', 'No class has two texts of two tokens or more, so none can be held out: give more or longer texts.');
    return split;
  }
}

function shapeOf({ candidate }: RunInputs): AttackOptions['shape'] {
  const { layers, experts } = candidate.shape;
  return { layers, experts, topK: candidate.routing.topK };
}

function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
