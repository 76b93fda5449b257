import { type CapturePolicy } from '#libs/governance/capture-level/decide-capture';
import { type Config } from '#libs/platform/config/config';

/** The policy that the settings say. Where capture is off nothing is written, whatever it decides. */
export function capturePolicy({ mode, share, seed, rules }: Pick<Config['capture'], 'mode' | 'share' | 'seed' | 'rules'>): CapturePolicy {
  return { level: mode === 'off' ? 'aggregate' : mode, share, seed, rules };
}
