import { z } from 'zod';
import { type Segment } from '../capture/request-record.ts';
import { OPENAI_LIMITS } from './limits.ts';

const SEGMENT_LABEL = /^[\w.:-]{0,64}$/;
const SEGMENT_KEYS = ['tenant', 'task', 'language'] as const;

/**
 * OpenAI's request metadata. `tenant`, `task` and `language` are the segment that the request
 * counts for, so they are labels; other pairs are accepted and not kept.
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
    for (const key of SEGMENT_KEYS) {
      const label = metadata[key];
      if (label !== undefined && !SEGMENT_LABEL.test(label)) {
        context.addIssue({
          code: 'custom',
          path: [key],
          message: `'metadata.${key}' is a segment label: at most 64 letters, digits or the characters _ . : -`,
        });
      }
    }
  })
  .meta({ description: 'At most 16 pairs. tenant, task and language set the segment that the request counts for.' });

/** The segment that validated metadata names; empty labels where it names none. */
export function segmentOf(metadata: Readonly<Record<string, string>> | null | undefined): Segment {
  return { tenant: metadata?.['tenant'] ?? '', task: metadata?.['task'] ?? '', language: metadata?.['language'] ?? '' };
}
