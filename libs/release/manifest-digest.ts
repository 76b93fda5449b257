import { createHash } from 'node:crypto';
import { BACKBONE, TOKENIZER, expertName, parseComponentName, routerName, type Sha256 } from './component.ts';
import { type ReleaseManifest } from './manifest.ts';
import { routingFaults } from './routing-faults.ts';

const DIGEST = /^[0-9a-f]{64}$/;
const MODEL_NAME = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/;

/**
 * JSON with sorted keys and no blanks, after RFC 8785 (JSON Canonicalization Scheme): equal values
 * give equal text. Fields that are undefined are left out, as JSON.stringify does.
 * @throws TypeError for what JSON cannot hold exactly: NaN, infinities, bigint, functions, undefined in a list
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object') {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
    return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`).join(',')}}`;
  }
  throw new TypeError(`A ${typeof value === 'number' ? String(value) : typeof value} has no canonical JSON.`);
}

/** Identity of a release: SHA-256 of its manifest's canonical JSON, 64 hexadecimal digits. */
export function releaseIdOf(manifest: ReleaseManifest): Sha256 {
  return createHash('sha256').update(canonicalJson(manifest), 'utf8').digest('hex');
}

/** Whether a text can name a model; the same names as the HTTP contract takes. */
export function isModelName(name: string): boolean {
  return MODEL_NAME.test(name);
}

export type ManifestReason =
  | 'unknown-format'
  | 'malformed-model-name'
  | 'malformed-shape'
  | 'malformed-routing'
  | 'missing-component'
  | 'unknown-component'
  | 'malformed-digest';

export interface ManifestFault {
  readonly reason: ManifestReason;
  /** Path of the field at fault, e.g. `shape.layers` or `components.router/3`. */
  readonly field: string;
  readonly message: string;
}

const POSITIVE_COUNTS = [
  'vocabSize',
  'hiddenSize',
  'layers',
  'experts',
  'expertWidth',
  'attentionHeads',
  'keyValueHeads',
  'headSize',
  'contextTokens',
] as const;

/** More would make the list of components unmanageable; the largest known model has 61 x 384. */
const MAX_EXPERTS_IN_ALL = 1_000_000;

/** Everything that is wrong with a manifest, in order of its fields; an empty list means valid. */
export function validateManifest(manifest: ReleaseManifest): readonly ManifestFault[] {
  const faults: ManifestFault[] = [];
  const fault = (reason: ManifestReason, field: string, message: string): void => {
    faults.push({ reason, field, message });
  };
  if (manifest.format !== 'signalbox.release/1') {
    fault('unknown-format', 'format', `format is ${JSON.stringify(manifest.format)}; this version reads signalbox.release/1.`);
  }
  if (!isModelName(manifest.model)) {
    fault('malformed-model-name', 'model', 'model must have 1 to 128 letters, digits or . _ : / -, a letter or digit first.');
  }
  checkShape(manifest, fault);
  checkRouting(manifest, fault);
  if (faults.every(({ reason }) => reason !== 'malformed-shape')) checkNames(manifest, fault);
  for (const [name, digest] of Object.entries(manifest.components)) {
    if (!DIGEST.test(digest)) {
      fault('malformed-digest', `components.${name}`, `The digest of ${name} must be 64 lower-case hexadecimal digits.`);
    }
  }
  return faults;
}

type Report = (reason: ManifestReason, field: string, message: string) => void;

function checkShape({ shape }: ReleaseManifest, fault: Report): void {
  for (const field of POSITIVE_COUNTS) {
    if (!Number.isSafeInteger(shape[field]) || shape[field] < 1) {
      fault('malformed-shape', `shape.${field}`, `shape.${field} is ${shape[field]}; it must be a positive integer.`);
    }
  }
  if (shape.layers * shape.experts > MAX_EXPERTS_IN_ALL) {
    fault('malformed-shape', 'shape.experts', `layers x experts is above the limit of ${MAX_EXPERTS_IN_ALL}.`);
  }
  if (shape.attentionHeads % shape.keyValueHeads !== 0) {
    fault('malformed-shape', 'shape.keyValueHeads', 'shape.keyValueHeads must divide shape.attentionHeads.');
  }
  for (const field of ['rmsNormEpsilon', 'ropeTheta'] as const) {
    if (!(shape[field] > 0 && Number.isFinite(shape[field]))) {
      fault('malformed-shape', `shape.${field}`, `shape.${field} is ${shape[field]}; it must be a positive number.`);
    }
  }
  const window = shape.slidingWindowTokens;
  if (window !== null && !(Number.isSafeInteger(window) && window > 0)) {
    fault('malformed-shape', 'shape.slidingWindowTokens', 'shape.slidingWindowTokens must be null or a positive integer.');
  }
  const ids = shape.bosTokenId === null ? shape.eosTokenIds : [shape.bosTokenId, ...shape.eosTokenIds];
  if (!ids.every((id) => Number.isSafeInteger(id) && id >= 0 && id < shape.vocabSize)) {
    fault('malformed-shape', 'shape.eosTokenIds', 'bosTokenId and eosTokenIds must be token ids below shape.vocabSize.');
  }
}

function checkRouting({ shape, routing }: ReleaseManifest, fault: Report): void {
  for (const { field, message } of routingFaults(routing, shape)) fault('malformed-routing', `routing.${field}`, message);
}

function checkNames({ shape, components }: ReleaseManifest, fault: Report): void {
  const required = (name: string): void => {
    if (!Object.hasOwn(components, name)) {
      fault('missing-component', `components.${name}`, `The manifest names no version of ${name}.`);
    }
  };
  required(TOKENIZER);
  required(BACKBONE);
  for (let layer = 0; layer < shape.layers; layer += 1) {
    required(routerName(layer));
    for (let index = 0; index < shape.experts; index += 1) required(expertName(layer, index));
  }
  for (const name of Object.keys(components)) {
    const parsed = parseComponentName(name);
    const inShape =
      parsed !== null &&
      (!('layer' in parsed) || parsed.layer < shape.layers) &&
      (!('index' in parsed) || parsed.index < shape.experts);
    if (!inShape) {
      fault('unknown-component', `components.${name}`, `The model's shape has no component ${JSON.stringify(name)}.`);
    }
  }
}
