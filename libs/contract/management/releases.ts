import { z } from 'zod';
import { count, instant, modelName, pageOf, pageQuery, sha256 } from './common.ts';
import { releaseKind } from './release-sets.ts';

const originFields = {
  parent: sha256.nullable().describe('Release it was made from; null for the first of a model and those of older versions.'),
  kind: releaseKind.nullable(),
  summary: z.string().describe('What it changes against its parent, in one line; empty where unknown.'),
  createdBy: z.string().nullable().describe('Account that made it.'),
  note: z.string(),
  routerSet: sha256.describe('Digest of its routers and routing settings.'),
  expertSet: sha256.describe('Digest of its experts.'),
};

const releaseSchema = z
  .object({
    releaseId: sha256,
    model: modelName,
    architecture: z.string(),
    layers: count('Layers.'),
    experts: count('Experts in each layer.'),
    topK: count('Experts selected for each token.'),
    components: count('Components named by the manifest.'),
    createdAt: instant,
    ...originFields,
  })
  .meta({ id: 'Release' });

export const releasesQuery = z.object({ model: modelName.optional(), ...pageQuery });
export const releasesSchema = pageOf(releaseSchema, 'Releases');
export const releaseParams = z.object({ releaseId: sha256.describe('Release id.') });

export const manifestSchema = z
  .object({
    releaseId: sha256.describe('SHA-256 of the canonical JSON of the manifest.'),
    createdAt: instant,
    ...originFields,
    manifest: z
      .looseObject({
        format: z.literal('signalbox.release/1'),
        model: z.string(),
        architecture: z.string(),
        components: z.record(z.string(), z.string()).describe('Component name to the SHA-256 of its bytes.'),
      })
      .describe('The manifest as stored, with shape and routing settings.'),
  })
  .meta({ id: 'ReleaseManifest' });

export const releaseUsesSchema = z
  .object({
    releaseId: sha256,
    model: modelName,
    served: z
      .array(
        z.object({
          as: z.enum(['stable', 'canary', 'shadow']),
          from: instant.nullable().describe('null where it began before the history.'),
          to: instant.nullable().describe('null while it lasts.'),
        }),
      )
      .describe('When the activation of its model named it, newest first.'),
    recalled: z.array(z.object({ component: z.string().describe('Such as expert/3/5.'), sha256, at: instant, by: z.string().describe('Account that recalled it.'), reason: z.string() })).describe('Components whose version was recalled: no such release can be chosen.'),
    rollouts: z.array(z.object({ id: z.uuid(), as: z.enum(['candidate', 'stable']).describe('What it was in the rollout.'), state: z.string(), createdAt: instant })).describe('Newest first, at most 100.'),
    changes: z
      .array(
        z.object({
          id: z.uuid(), number: count('Counts requests.'), title: z.string(), type: z.string(), state: z.string(), createdAt: instant,
          evidence: z.array(z.object({ kind: z.string(), title: z.string() })).describe('What is attached to the request.'),
        }),
      )
      .describe('Change requests that ask for it or would write it, newest first, at most 100.'),
  })
  .meta({ id: 'ReleaseUses', description: 'Where a release served and serves, and what refers to it.' });
