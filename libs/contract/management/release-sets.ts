import { z } from 'zod';
import { count, instant, modelName, pageOf, pageQuery, sha256 } from './common.ts';
import { componentName } from './registry.ts';
import { routingFields } from './routing-settings.ts';

export const releaseKind = z
  .enum(['same', 'router', 'expert', 'router-and-expert', 'other'])
  .describe('What it changes against its parent: routers or routing settings, experts, both, or also something else.');

export const compatibilitySchema = z
  .object({
    allowed: z.boolean(),
    reason: z
      .enum(['same-release-known', 'trained-together', 'evaluated', 'incompatible', 'no-record'])
      .describe('By the newest record of this router set with this expert set. same-release-known: without a record, but the pair has answered.'),
  })
  .meta({ id: 'CompatibilityDecision', description: 'Whether these routers may serve with these experts.' });

export const composeBody = z
  .strictObject({
    base: sha256.describe('Release to start from.'),
    replace: z.record(componentName, sha256).default({}).describe('Component name to the version that takes its place.'),
    routersFrom: sha256.optional().describe('Release whose routers and routing settings to take.'),
    expertsFrom: sha256.optional().describe('Release whose experts to take.'),
    routing: z.strictObject(routingFields).optional().describe('Routing settings to change; docs/routing.md says what each does.'),
    note: z.string().max(2000, 'give at most 2000 characters').default('').describe('Why, for people.'),
  })
  .meta({ id: 'ReleaseRequest' });

const effectSchema = z.object({
  resident: z.array(sha256).describe('Releases that the model keeps in memory by its activation, taken as loaded.'),
  additionalBytes: count('Weights, as fp32, that only this release needs: those of components that no resident release holds.'),
  componentsToLoad: count('Components behind that figure.'),
  totalBytes: count('All its weights as fp32, were it alone.'),
});

export const releaseDiffSchema = z
  .object({
    releaseId: sha256,
    against: sha256,
    kind: releaseKind,
    summary: z.string().describe('In one line.'),
    components: z
      .array(
        z.object({
          name: z.string(),
          before: z.object({ sha256, sizeBytes: count('Size of its file.') }).nullable().describe('null where the other release has no such component.'),
          after: z.object({ sha256, sizeBytes: count('Size of its file.') }).nullable().describe('null where this release has no such component.'),
        }),
      )
      .describe('Changed components: backbone, tokenizer, routers by layer, experts by layer and index.'),
    shared: count('Components that both hold in the same version.'),
    settings: z.array(z.object({ field: z.string(), before: z.unknown(), after: z.unknown() })).describe('Changed settings, by their path in the manifest.'),
    compatibility: compatibilitySchema,
    memory: effectSchema.nullable().describe('Expected effect on the memory of an inference process; null where a file is missing.'),
    text: z.string().describe('All of it for people; the answer itself with Accept: text/plain.'),
  })
  .meta({ id: 'ReleaseDiff' });
export const releaseDiffQuery = z.object({ against: sha256.optional().describe('The parent, or else the stable release of the model, when left out.') });

export const createdReleaseSchema = z
  .object({ releaseId: sha256, created: z.boolean().describe('false: a release of this content was there already.'), diff: releaseDiffSchema })
  .meta({ id: 'ComposedRelease' });

export const releasePreviewSchema = z
  .object({ releaseId: sha256.describe('The id that it would have.'), exists: z.boolean().describe('A release of this content is there already.'), diff: releaseDiffSchema })
  .meta({ id: 'ReleasePreview' });

const holder = z.object({ releaseId: sha256, createdAt: instant });
const setFields = {
  model: modelName,
  since: instant.describe('When its first release was made.'),
  releases: count('Releases that hold it.'),
  latest: z.array(holder).describe('Those releases, newest first, at most 20.'),
  active: z.array(z.object({ as: z.enum(['stable', 'previous', 'canary', 'shadow']), releaseId: sha256 })).describe('Where the activation of the model names a release that holds it.'),
};
const verdict = z.enum(['trained-together', 'evaluated', 'incompatible']);
const routerReleaseSchema = z
  .object({ routerSet: sha256, ...setFields, withExperts: z.array(z.object({ expertSet: sha256, verdict })).describe('Expert sets with a record, by the newest of each; at most 100.') })
  .meta({ id: 'RouterRelease', description: 'All routers of a model and its routing settings, as one thing that is released and rolled back.' });
const expertReleaseSchema = z
  .object({ expertSet: sha256, ...setFields, withRouters: z.array(z.object({ routerSet: sha256, verdict })).describe('Router sets with a record, by the newest of each; at most 100.') })
  .meta({ id: 'ExpertRelease', description: 'All experts of a model, as one thing that is released and rolled back.' });
export const releaseSetsQuery = z.object({ model: modelName.optional(), ...pageQuery });
export const routerReleasesSchema = pageOf(routerReleaseSchema, 'RouterReleases');
export const expertReleasesSchema = pageOf(expertReleaseSchema, 'ExpertReleases');

export const compatibilityBody = z
  .strictObject({
    model: modelName,
    routerSet: sha256.describe('From GET /router-releases.'),
    expertSet: sha256.describe('From GET /expert-releases.'),
    verdict: z.enum(['trained-together', 'evaluated', 'incompatible'], 'give trained-together, evaluated or incompatible'),
    evidence: z.string('say what the verdict stands on').min(1, 'say what the verdict stands on').max(10_000, 'give at most 10000 characters').describe('What the verdict stands on.'),
    evidenceSha256: sha256.optional().describe('Digest of a report that is kept elsewhere.'),
  })
  .meta({ id: 'CompatibilityRequest' });
export const compatibilityRecordSchema = z
  .object({ id: z.uuid(), model: modelName, routerSet: sha256, expertSet: sha256, verdict, evidence: z.string(), evidenceSha256: sha256.nullable(), at: instant, by: z.string() })
  .meta({ id: 'CompatibilityRecord' });
export const compatibilityQuery = z.object({ model: modelName.optional(), routerSet: sha256.optional(), expertSet: sha256.optional(), ...pageQuery });
export const compatibilityRecordsSchema = pageOf(compatibilityRecordSchema, 'CompatibilityRecords');
