import { attributionSettings } from '../attribute/attribution-settings.ts';
import { compareSettings } from '../compare/compare-settings.ts';
import { concentrationSettings } from '../concentration/concentration-settings.ts';
import { privacySettings } from '../privacy/privacy-settings.ts';
import { recalibrationSettings } from '../recalibration/recalibration-settings.ts';
import { type Json, type RunKind } from '../run/run.ts';

const DEFAULTS: Readonly<Record<RunKind, object>> = {
  suite: compareSettings({}),
  attribution: attributionSettings({}),
  concentration: concentrationSettings({}),
  privacy: privacySettings({}),
  recalibration: recalibrationSettings({}),
};
/** What a shell takes as it is: numbers, words, lists of numbers. */
const PLAIN = /^[\w.,[\]-]{1,200}$/;

/** Options of a command line that asks with the same settings; those that are as they would be anyhow are left out. null: one of them cannot be written so. */
export function settingOptions(kind: RunKind, settings: Json): string[] | null {
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) return [];
  const usual = DEFAULTS[kind] as { readonly [name: string]: Json };
  const changed = Object.entries(settings as { readonly [name: string]: Json }).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(usual[name]));
  const options = changed.map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const);
  return options.every(([name, value]) => PLAIN.test(name) && PLAIN.test(value)) ? options.map(([name, value]) => `--setting ${/[[\]]/.test(value) ? `'${name}=${value}'` : `${name}=${value}`}`) : null;
}
