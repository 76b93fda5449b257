import { z } from 'zod';
import { modelName } from './common.ts';
import { componentName } from './registry.ts';

/** Components or layers named in one order, at most. */
const MAX_NAMED = 10_000;

const precision = z.enum(['int8', 'int4'], 'give int8 or int4');
const componentChoice = z
  .union([z.enum(['experts', 'experts-and-backbone']), z.array(componentName).min(1, 'name one component at least').max(MAX_NAMED)])
  .describe('All experts, these and the backbone, or the components named: experts and the backbone can be quantised.');
const expertsPerLayer = z.int('give a whole number').min(1, 'give 1 at least').max(64, 'give 64 at most').describe('Experts of each layer that become one.');

export const derivationSchema = z
  .union([
    z.object({ kind: z.literal('quantise'), precision, components: componentChoice }),
    z.object({ kind: z.literal('densify'), model: modelName, expertsPerLayer }),
  ])
  .meta({ id: 'Derivation' });

const note = z.string().max(2000, 'give at most 2000 characters').default('').describe('Why, for people.');

export const derivationBody = z
  .strictObject({ precision, components: componentChoice.default('experts'), note })
  .meta({ id: 'DerivationRequest' });

export const denseTwinBody = z
  .strictObject({
    model: modelName.describe('Name to serve the twin by; another than that of the release.'),
    expertsPerLayer: expertsPerLayer.default(2).describe('How many experts of each layer go into its one dense expert. More is wider, and as slow as it is wide.'),
    experts: z
      .array(z.array(z.int('give numbers of experts').min(0)).max(64))
      .max(MAX_NAMED)
      .optional()
      .describe('By layer, which experts. Left out: those that the recorded traffic of the last day uses most evenly over tasks.'),
    note,
  })
  .meta({ id: 'DenseTwinRequest' });
