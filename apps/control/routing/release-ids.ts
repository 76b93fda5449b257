import { ProblemError } from '#libs/platform/errors/problem-error';
import { type ReleaseCatalog } from './usage-reader.ts';

/**
 * One release, or all of a model, or of the only model: for figures of requests, which add up whatever the shapes of the releases.
 * @throws ProblemError 400 or 404 naming the field and the remedy
 */
export async function chooseReleaseIds(
  catalog: ReleaseCatalog,
  { model: asked, release }: { readonly model?: string | undefined; readonly release?: string | undefined },
): Promise<{ readonly model: string; readonly releaseIds: readonly string[] }> {
  if (release !== undefined) {
    const found = await catalog.find(release);
    if (!found || (asked !== undefined && found.model !== asked)) throw missing('release', 'no such release of that model; GET /api/v1/releases lists them');
    return { model: found.model, releaseIds: [release] };
  }
  const models = asked === undefined ? await catalog.models() : [asked];
  const [model] = models;
  if (model === undefined) throw missing('model', 'there is no model yet; import one with POST /api/v1/imports');
  if (models.length > 1) throw new ProblemError({ status: 400, code: 'model_required', title: 'A model is needed', detail: `Query field model: give one of ${models.slice(0, 20).join(', ')}.`, field: 'model' });
  const outlines = await catalog.ofModel(model);
  if (outlines.length === 0) throw missing('model', 'no model of that name; GET /api/v1/models lists them');
  return { model, releaseIds: outlines.map(({ releaseId }) => releaseId) };
}

function missing(field: 'model' | 'release', remedy: string): ProblemError {
  return new ProblemError({ status: 404, code: `${field}_not_found`, title: 'Not found', detail: `Query field ${field}: ${remedy}.`, field });
}
