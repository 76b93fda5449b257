import { type Activation } from '../../api/gen/types.gen.ts';
import { shortId } from '../../ui/format.ts';
import { namesInWords } from '../change-words.ts';

/** A model that has a release with the version, and what its activation says. */
export interface TouchedModel {
  readonly model: string;
  readonly activation: Pick<Activation, 'releaseId' | 'previousRelease' | 'canary' | 'shadow'> | null;
}

/** Exactly what a recall does, a sentence each. */
export function recallInWords(sha256: string, releases: readonly { readonly releaseId: string; readonly model: string; readonly component: string }[], models: readonly TouchedModel[]): string[] {
  const holding = new Set(releases.map(({ releaseId }) => releaseId));
  const ids = [...holding].map(shortId);
  return [
    `Version ${shortId(sha256)} is withdrawn everywhere. There is no way to take that back: the bytes would have to be imported anew.`,
    ids.length === 0 ? 'No release holds it.' : `${ids.length === 1 ? '1 release holds it and becomes' : `${ids.length} releases hold it and become`} unusable: ${namesInWords(ids)}.`,
    ...models.flatMap(({ model, activation }) => (activation === null ? [] : fate(model, activation, holding))),
    'Requests under way end on the release they began with.',
  ];
}

function fate(model: string, { releaseId, previousRelease, canary, shadow }: NonNullable<TouchedModel['activation']>, holding: ReadonlySet<string>): string[] {
  if (releaseId !== null && holding.has(releaseId)) {
    return [`${model}: its stable release ${shortId(releaseId)} is replaced by the newest release of its history without a recalled component${canary === null && shadow === null ? '' : '; canary and shadow end'}. Where there is none, the recall is refused unless you stop the model.`];
  }
  const ends = [...(canary !== null && holding.has(canary.releaseId) ? [`its canary ${shortId(canary.releaseId)} ends`] : []), ...(shadow !== null && holding.has(shadow.releaseId) ? [`its shadow ${shortId(shadow.releaseId)} ends`] : []), ...(previousRelease !== null && holding.has(previousRelease) ? [`${shortId(previousRelease)} is no way back any more`] : [])];
  return [ends.length === 0 ? `${model}: what serves does not hold it and stays.` : `${model}: ${ends.join('; ')}.`];
}
