import { concentrationSettings } from '#libs/evaluation/concentration/concentration-settings';
import { recalibrationSettings } from '#libs/evaluation/recalibration/recalibration-settings';
import { type RunKind, type RunSpec } from '#libs/evaluation/run/run';

type Settings = RunSpec['settings'];

/** Settings of each kind, with what was left out at its default. */
const SETTINGS: Readonly<Partial<Record<RunKind, (given: Settings) => Settings>>> = {
  concentration: (given) => ({ ...concentrationSettings(given) }),
  recalibration: (given) => ({ ...recalibrationSettings(given) }),
};

/** @throws EvaluationError naming the setting at fault */
export function kindSettings(kind: RunKind, given: Settings): Settings {
  return SETTINGS[kind]?.(given) ?? given;
}
