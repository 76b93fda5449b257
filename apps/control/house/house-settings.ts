import { type CaptureMode, type Config, type Durability } from '#libs/platform/config/config';

/** Settings that the management API only shows. */
export interface HouseSettings {
  readonly captureMode: CaptureMode;
  readonly captureShare: number;
  readonly captureRules: Config['capture']['rules'];
  readonly durability: Durability;
  readonly feedbackRetentionDays: number;
  /** null: no limit. */
  readonly inferenceRequestsPerMinute: number | null;
  readonly audit: { readonly checkpointEntries: number; readonly checkpointSeconds: number };
  /** null: there are no private statistics. Left out: not known. */
  readonly privateUsage?: Config['privacy']['privateUsage'];
  readonly detection: { readonly isOn: boolean; readonly baselineRequests: number; readonly falseAlarmsPerMonth: number };
}

/** What of the configuration is shown; no secret is among it. */
export function houseSettings({ capture, feedback, access, audit, detection, privacy }: Pick<Config, 'capture' | 'feedback' | 'access' | 'audit' | 'detection' | 'privacy'>): HouseSettings {
  return {
    captureMode: capture.mode,
    captureShare: capture.share,
    captureRules: capture.rules,
    durability: capture.durability,
    feedbackRetentionDays: feedback.retentionDays,
    inferenceRequestsPerMinute: access.inferenceRequestsPerMinute,
    audit: { checkpointEntries: audit.checkpointEntries, checkpointSeconds: audit.checkpointSeconds },
    privateUsage: privacy.privateUsage,
    detection: { isOn: detection.isOn, baselineRequests: detection.baselineRequests, falseAlarmsPerMonth: detection.falseAlarmsPerMonth },
  };
}
