import { z } from 'zod';
import { count, instant, modelName, pageOf, pageQuery, sha256 } from './common.ts';

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
  })
  .meta({ id: 'Release' });

export const releasesQuery = z.object({ model: modelName.optional(), ...pageQuery });
export const releasesSchema = pageOf(releaseSchema, 'Releases');
export const releaseParams = z.object({ releaseId: sha256.describe('Release id.') });

export const manifestSchema = z
  .object({
    releaseId: sha256.describe('SHA-256 of the canonical JSON of the manifest.'),
    createdAt: instant,
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

const modelSchema = z
  .object({
    model: modelName,
    releaseId: sha256.nullable().describe('The release that answers; null when none is activated.'),
    generation: count('Grows by one with each activation; the ETag of the activation.'),
    activatedAt: instant.nullable(),
  })
  .meta({ id: 'Model' });
export const modelsQuery = z.object(pageQuery);
export const modelsSchema = pageOf(modelSchema, 'Models');

export const modelParams = z.object({ model: modelName });
export const activationBody = z.strictObject({ release: sha256.describe('Id of the release that shall answer.') }).meta({ id: 'ActivationRequest' });
export const activationHeaders = z.object({
  'if-match': z
    .string('give If-Match with the generation you saw, such as "3", from the ETag of GET')
    .regex(/^"(0|[1-9]\d{0,15})"$/, 'give the generation in double quotes, such as "3", from the ETag of GET')
    .describe('The generation you saw, quoted. "0" when the model has no activation yet.'),
});
export const activationSchema = z
  .object({ model: modelName, releaseId: sha256.nullable(), generation: count('Now; also the ETag.'), activatedAt: instant.nullable() })
  .meta({ id: 'Activation' });
