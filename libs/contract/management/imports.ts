import { z } from 'zod';
import { count, instant, modelName, pageOf, pageQuery, sha256 } from './common.ts';
import { derivationSchema } from './derivations.ts';

export const importBody = z
  .strictObject({
    directory: z
      .string('give the absolute path of the checkpoint folder on the server')
      .min(1, 'give the absolute path of the checkpoint folder on the server')
      .max(4096)
      .describe('Absolute path on the machine of the server: config.json, safetensors, tokenizer.json.'),
    model: modelName.describe('Name to serve it by.'),
    parent: sha256.optional().describe('Release it was tuned from; the stable release of the model when left out. What is the same is shared.'),
    note: z.string().max(2000, 'give at most 2000 characters').default('').describe('Why, for people.'),
    activate: z.boolean('give true or false').default(false).describe('Serve the new release as soon as it is imported. The first release of a model is served anyway.'),
  })
  .meta({ id: 'ImportRequest' });

export const importParams = z.object({ importId: z.uuid('give an import id, as POST /api/v1/imports returned it') });

export const importSchema = z
  .object({
    id: z.uuid(),
    directory: z.string().describe('The folder that is imported; of a derivation, release/ and the id of the release that it begins with.'),
    derivation: derivationSchema.nullable().describe('What is made of another release; null for the import of a folder.'),
    model: modelName,
    state: z
      .enum(['queued', 'running', 'succeeded', 'failed', 'cancelled'])
      .describe('A stop of the server ends an import as failed with the code interrupted; posted again, it goes on where it was.'),
    progress: z
      .object({
        phase: z.string().describe('What it is doing now.'),
        doneBytes: count('Bytes done.'),
        totalBytes: count('Bytes in all; 0 until known.'),
      })
      .describe('Moves on while it runs.'),
    releaseId: sha256.nullable().describe('The release that was made.'),
    summary: z.string().nullable().describe('What it changes against its parent, such as "expert release: 1 of 32 experts changed (expert/3/5); 37 components shared".'),
    warnings: z.array(z.string()).describe('What was left out of the release and may matter, such as tensors that the engine does not use.'),
    error: z
      .object({ code: z.string(), message: z.string().describe('What is wrong with the checkpoint, and the remedy.') })
      .nullable(),
    createdAt: instant,
    finishedAt: instant.nullable(),
  })
  .meta({ id: 'Import' });

export const importsQuery = z.object(pageQuery);
export const importsSchema = pageOf(importSchema, 'Imports');
