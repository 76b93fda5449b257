import { type Assay } from '#libs/evaluation/run/assay';

/** What this role can run, one assay of each kind. */
export const ASSAYS: readonly Assay[] = [];
