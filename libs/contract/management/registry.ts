import { z } from 'zod';
import { count, figure, instant, modelName, pageOf, pageQuery, sha256 } from './common.ts';

/** Characters in one text of a card. */
const MAX_TEXT = 20_000;
const cardText = (description: string) => z.string().max(MAX_TEXT, `give at most ${MAX_TEXT} characters`).default('').describe(description);

export const componentKind = z.enum(['backbone', 'tokenizer', 'router', 'expert'], 'give backbone, tokenizer, router or expert');
export const componentName = z
  .string()
  .regex(/^(backbone|tokenizer|router\/\d{1,5}|expert\/\d{1,5}\/\d{1,5})$/, 'give backbone, tokenizer, router/<layer> or expert/<layer>/<index>');

const cardFields = {
  title: z.string().max(200, 'give at most 200 characters').default('').describe('A short name for people.'),
  forUse: cardText('What it is for.'),
  notForUse: cardText('What it is not for.'),
  trainingData: cardText('What it was trained on.'),
  licence: z.string().max(2000, 'give at most 2000 characters').default('').describe('SPDX identifier, such as Apache-2.0, or the terms in words.'),
  dataHandling: cardText('Rules about data that hold for it. Text for people: what is enforced are data rules.'),
  owner: z.string().max(200, 'give at most 200 characters').default('').describe('Who answers for it.'),
  parentSha256: sha256.nullable().default(null).describe('Version it was made from.'),
  madeHow: cardText('How it was made from that.'),
};
export const cardBody = z.strictObject(cardFields).meta({ id: 'ComponentCardRequest', description: 'The whole card; a field left out becomes empty.' });
const cardSchema = z
  .object({ ...cardFields, revision: count('Counts the writes; also the ETag. 0: nobody has written one.'), updatedAt: instant.nullable(), updatedBy: z.string().nullable() })
  .meta({ id: 'ComponentCard', description: 'What people say of a component version. Empty text: nobody said.' });

const recallSchema = z.object({ at: instant, by: z.string(), reason: z.string() }).meta({ id: 'ComponentRecall', description: 'The version was withdrawn: no release that holds it can be chosen.' });

const summaryFields = {
  sha256,
  kind: componentKind,
  sizeBytes: count('Size of its file.'),
  createdAt: instant,
  recall: recallSchema.nullable(),
  releases: count('Releases that hold it.'),
};
const componentSchema = z.object({ ...summaryFields, title: z.string(), owner: z.string(), licence: z.string() }).meta({ id: 'ComponentVersion' });

const flag = z.enum(['true', 'false'], 'give true or false').transform((text) => text === 'true').optional();
export const componentsQuery = z.object({
  kind: componentKind.optional(),
  name: componentName.optional().describe('Name that it bears in some release, such as expert/3/5.'),
  model: modelName.optional().describe('Model of a release that holds it.'),
  text: z.string().min(2, 'give at least 2 characters').max(200, 'give at most 200 characters').optional().describe('Occurs in the card, whatever its case, or begins the SHA-256.'),
  recalled: flag.describe('Only those that are, or are not, recalled.'),
  unreferenced: flag.describe('true: only those that no release holds.'),
  ...pageQuery,
});
export const componentsSchema = pageOf(componentSchema, 'ComponentVersions');
export const componentParams = z.object({ sha256 });

export const componentDetailSchema = z
  .object({
    ...summaryFields,
    present: z.boolean().describe('Whether its file is there.'),
    card: cardSchema,
    usedBy: z.array(z.object({ releaseId: sha256, model: modelName, component: z.string(), createdAt: instant })).describe('Releases that hold it and under which name, newest first, at most 100.'),
    madeFrom: z.array(sha256).describe('Versions it was made from, nearest first, as far as their cards tell.'),
    madeInto: z.array(sha256).describe('Versions made from it, oldest first, at most 100.'),
  })
  .meta({ id: 'ComponentVersionDetail' });

export const cardHeaders = z.object({
  'if-match': z
    .string('give If-Match with the revision you saw, such as "3", from the ETag of GET')
    .regex(/^"(0|[1-9]\d{0,8})"$/, 'give the revision in double quotes, such as "3", from the ETag of GET')
    .describe('The revision of the card that you saw, quoted. "0" when nobody has written one.'),
});

export const compareQuery = z.object({ a: sha256.describe('The reference.'), b: sha256.describe('What is compared with it.') });
const tensorOutline = z.object({ dtype: z.string(), shape: z.array(z.int()).describe('Elements along each axis.') }).nullable();
export const comparisonSchema = z
  .object({
    a: sha256,
    b: sha256,
    identical: z.boolean(),
    tensors: z
      .array(
        z.object({
          tensor: z.string(),
          a: tensorOutline,
          b: tensorOutline,
          maxAbsDifference: figure('Largest |a - b| of an element. null where shapes or dtypes cannot be compared.').nullable(),
          relativeNorm: figure('||a - b|| / ||a||, Frobenius norms. null also where a is all zeros.').nullable(),
          cosine: figure('<a, b> / (||a|| ||b||), from -1 to 1. null also where either is all zeros.').nullable(),
        }),
      )
      .describe('By name; empty for tokenizers.'),
  })
  .meta({ id: 'ComponentComparison' });

/** Largest file that an upload may bring: the backbone of the largest known model has about 40 GB. */
const MAX_UPLOAD_BYTES = 256 * 1024 ** 3;

export const uploadBody = z
  .strictObject({
    sha256: sha256.describe('Of the whole file.'),
    sizeBytes: z.int('give the size in bytes').min(1, 'give a size of at least 1 byte').max(MAX_UPLOAD_BYTES, `give a size of at most ${MAX_UPLOAD_BYTES} bytes`).describe('Of the whole file.'),
    kind: componentKind,
    component: componentName.optional().describe('With `model`: the component it shall replace; its tensors must fit. The version there becomes its parent unless the card names one.'),
    model: modelName.optional().describe('Model whose stable release the shape is taken from.'),
    card: cardBody.optional(),
  })
  .meta({ id: 'UploadRequest' });
export const uploadParams = z.object({ uploadId: z.uuid('give an upload id, as POST /api/v1/uploads returned it') });
export const uploadBytesQuery = z.object({
  offset: z.coerce.number('give the number of bytes that the server has').int('give a whole number of bytes').min(0, 'give a whole number of bytes').describe('Where these bytes begin: how many the server has, by GET or the answer before.'),
});
export const uploadSchema = z
  .object({
    uploadId: z.uuid().nullable().describe('null where the registry already holds these bytes.'),
    sha256,
    kind: componentKind,
    sizeBytes: count('Of the whole file.'),
    offsetBytes: count('Bytes that have arrived: where the next ones begin.'),
    state: z.enum(['open', 'finished', 'failed', 'expired']).describe('It is checked when its last byte has come; then it is part of the registry, or has failed.'),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    createdAt: instant.nullable(),
    expiresAt: instant.nullable().describe('When it is given up unless more bytes come.'),
  })
  .meta({ id: 'Upload' });
export const uploadsQuery = z.object(pageQuery);
export const uploadsSchema = pageOf(uploadSchema, 'Uploads');
