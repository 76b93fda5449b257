import { attributionAssay } from '#libs/evaluation/attribute/attribution-assay';
import { concentrationAssay } from '#libs/evaluation/concentration/concentration-assay';
import { privacyAssay } from '#libs/evaluation/privacy/privacy-assay';
import { recalibrationAssay } from '#libs/evaluation/recalibration/recalibration-assay';
import { type Assay } from '#libs/evaluation/run/assay';
import { suiteAssay } from '#libs/evaluation/suite-assay/suite-assay';

/** What this role can run, one assay of each kind. */
export const ASSAYS: readonly Assay[] = [suiteAssay, attributionAssay, concentrationAssay, privacyAssay, recalibrationAssay];
