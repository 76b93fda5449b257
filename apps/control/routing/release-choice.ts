import { ProblemError } from '#libs/platform/errors/problem-error';
import { type ReleaseCatalog, type ReleaseOutline } from './usage-reader.ts';

/** Releases whose usage adds up, because they have one shape. */
export interface ReleaseChoice {
  readonly model: string;
  readonly releaseIds: readonly string[];
  readonly layers: number;
  readonly experts: number;
  readonly topK: number;
}

/**
 * Finds the releases a report is about: one by id, or all of a model, or of the only model there is.
 * @throws ProblemError 400, 404 or 409 naming the field and the remedy.
 */
export async function chooseReleases(catalog: ReleaseCatalog, query: { model?: string | undefined; release?: string | undefined }): Promise<ReleaseChoice> {
  if (query.release !== undefined) {
    const outline = await catalog.find(query.release);
    if (!outline || (query.model !== undefined && outline.model !== query.model)) {
      throw missing('release', 'release_not_found', 'no such release of that model; GET /api/v1/releases lists them');
    }
    return choiceOf(outline, [outline]);
  }
  const model = query.model ?? (await onlyModel(catalog));
  const outlines = await catalog.ofModel(model);
  const [first] = outlines;
  if (!first) throw missing('model', 'model_not_found', 'no model of that name; GET /api/v1/models lists them');
  return choiceOf(first, outlines);
}

async function onlyModel(catalog: ReleaseCatalog): Promise<string> {
  const models = await catalog.models();
  const [only] = models;
  if (only !== undefined && models.length === 1) return only;
  if (only === undefined) throw missing('model', 'model_not_found', 'there is no model yet; import one with POST /api/v1/imports');
  throw new ProblemError({
    status: 400,
    code: 'model_required',
    title: 'A model is needed',
    detail: `Query field model: give one of ${models.slice(0, 20).join(', ')}.`,
    field: 'model',
  });
}

function choiceOf(shape: ReleaseOutline, outlines: readonly ReleaseOutline[]): ReleaseChoice {
  const { model, layers, experts, topK } = shape;
  if (outlines.some((other) => other.layers !== layers || other.experts !== experts || other.topK !== topK)) {
    throw new ProblemError({
      status: 409,
      code: 'shapes_differ',
      title: 'The releases of this model do not add up',
      detail: `Query field release: the releases of ${model} differ in layers, experts or top-k; choose one of GET /api/v1/releases?model=${encodeURIComponent(model)}.`,
      field: 'release',
    });
  }
  return { model, releaseIds: outlines.map(({ releaseId }) => releaseId), layers, experts, topK };
}

function missing(field: string, code: string, remedy: string): ProblemError {
  return new ProblemError({ status: 404, code, title: 'Not found', detail: `Query field ${field}: ${remedy}.`, field });
}
