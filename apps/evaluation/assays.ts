import { privacyAssay } from '#libs/evaluation/privacy/privacy-assay';
import { recalibrationAssay } from '#libs/evaluation/recalibration/recalibration-assay';
import { type Assay } from '#libs/evaluation/run/assay';

/** What this role can run, one assay of each kind. */
export const ASSAYS: readonly Assay[] = [privacyAssay, recalibrationAssay];
