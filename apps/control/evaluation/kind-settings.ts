import { attributionSettings } from '#libs/evaluation/attribute/attribution-settings';
import { compareSettings } from '#libs/evaluation/compare/compare-settings';
import { concentrationSettings } from '#libs/evaluation/concentration/concentration-settings';
import { privacySettings } from '#libs/evaluation/privacy/privacy-settings';
import { recalibrationSettings } from '#libs/evaluation/recalibration/recalibration-settings';
import { type RunKind, type RunSpec } from '#libs/evaluation/run/run';

type Settings = RunSpec['settings'];

/** Settings of each kind, with what was left out at its default. */
const SETTINGS: Readonly<Record<RunKind, (given: Settings) => Settings>> = {
  suite: (given) => ({ ...compareSettings(given) }),
  attribution: (given) => ({ ...attributionSettings(given) }),
  concentration: (given) => ({ ...concentrationSettings(given) }),
  privacy: (given) => ({ ...privacySettings(given) }),
  recalibration: (given) => ({ ...recalibrationSettings(given) }),
};

/** @throws EvaluationError naming the setting at fault */
export function kindSettings(kind: RunKind, given: Settings): Settings {
  return SETTINGS[kind](given);
}
