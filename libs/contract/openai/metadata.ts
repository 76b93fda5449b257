import { z } from 'zod';
import { OPENAI_LIMITS } from './limits.ts';

const SEGMENT_LABEL = /^[\w.:-]{0,64}$/;
/** Labels that segments and rules go by. */
const LABEL_KEYS = ['tenant', 'task', 'language', 'region', 'data_class', 'licence'] as const;

/**
 * OpenAI's request metadata. `tenant`, `task` and `language` are the segment that the request
 * counts for, and rules go by `region`, `data_class` and `licence`, so these are labels; `session`
 * ties requests together; other pairs are accepted and not kept.
 */
export const requestMetadata = z
  .record(z.string().max(OPENAI_LIMITS.metadataKeyCharacters), z.string().max(OPENAI_LIMITS.metadataValueCharacters))
  .superRefine((metadata, context) => {
    if (Object.keys(metadata).length > OPENAI_LIMITS.metadataPairs) {
      context.addIssue({
        code: 'custom',
        message: `'metadata' holds more than ${OPENAI_LIMITS.metadataPairs} pairs; send fewer.`,
      });
    }
    for (const key of LABEL_KEYS) {
      const label = metadata[key];
      if (label !== undefined && !SEGMENT_LABEL.test(label)) {
        context.addIssue({
          code: 'custom',
          path: [key],
          message: `'metadata.${key}' is a label: at most 64 letters, digits or the characters _ . : -`,
        });
      }
    }
  })
  .meta({ description: 'At most 16 pairs. tenant, task and language set the segment that the request counts for; rules go by region, data_class and licence; session ties requests together.' });
