import { READING_HISTORY_DAYS } from '../detection/readings.ts';
import { DAY_MS } from '../capture/days.ts';
import { type RetentionPlan } from './plan-retention.ts';

/** Rows of a table that go by age. */
export interface PurgeRule {
  readonly table: string;
  /** Condition on the row `old`; $1 is the instant before which it is too old. */
  readonly where: string;
  readonly beforeMs: number;
  /** Whether the condition looks at other tables: such rows are locked first, and looked at again. */
  readonly isGuarded: boolean;
  /** Rows that go in one statement. */
  readonly batch: number;
}

const BATCH = 5000;
/** A baseline takes its layers with it, which are large. */
const BASELINE_BATCH = 20;

/** The newest episode of an alert that is still listed stays, and so does one whose action nobody has taken yet. */
const ENDED_EPISODE = `old.ended_at < $1 AND NOT EXISTS (SELECT FROM signalbox.alert AS a WHERE a.fingerprint = old.fingerprint)
  AND NOT EXISTS (SELECT FROM signalbox.alert_action AS a WHERE a.fingerprint = old.fingerprint AND a.state = 'requested')`;

/** The one in force of each release stays: an adopted one goes once another has been in force for as long. */
const FORMER_BASELINE = `old.state <> 'freezing' AND coalesce(old.ended_at, old.created_at) < $1 AND NOT EXISTS (SELECT FROM signalbox.detector_state AS d WHERE d.baseline = old.id)
  AND (old.adopted_at IS NULL OR EXISTS (SELECT FROM signalbox.baseline AS b WHERE b.model = old.model AND b.release = old.release AND b.adopted_at > old.adopted_at AND b.adopted_at < $1))`;

/** Notifications are kept for a while after they ended, so a group without any has been quiet for that long. */
const QUIET_GROUP = `$1::timestamptz IS NOT NULL AND NOT EXISTS (SELECT FROM signalbox.notification AS n WHERE n.receiver_id = old.receiver_id AND n.group_key = old.group_key)
  AND NOT EXISTS (SELECT FROM signalbox.alert_group AS g WHERE g.receiver_id = old.receiver_id::text AND g.group_key = old.group_key)`;

/** A reading that no detector writes any more. An alert that is open ends by its rule, not because its reading was purged. */
const FORMER_READING = `old.at < $1 AND NOT EXISTS (SELECT FROM signalbox.alert AS a WHERE a.signal = old.signal AND a.state <> 'normal')`;

/** What goes by age, table by table; partitions of traces and what evaluations keep go by other ways. */
export function purgeRules({ quarantineBeforeMs, ledgerBeforeMs, minutesBeforeMs, hoursBeforeMs, historyBeforeMs }: RetentionPlan, nowMs: number): readonly PurgeRule[] {
  return [
    byAge('trace_quarantine', 'quarantined_at', quarantineBeforeMs),
    // What a shadow differed in tells of requests as their traces do.
    byAge('shadow_comparison', 'at', quarantineBeforeMs),
    byAge('trace_batch', 'written_at', ledgerBeforeMs),
    byAge('usage_minute', 'bucket', minutesBeforeMs),
    byAge('expert_figures_minute', 'bucket', minutesBeforeMs),
    byAge('rule_refusal_minute', 'bucket', minutesBeforeMs),
    byAge('answer_check_hour', 'bucket', minutesBeforeMs),
    byAge('degraded_minute', 'bucket', minutesBeforeMs),
    byAge('usage_hour', 'bucket', hoursBeforeMs),
    byAge('usage_pair_hour', 'bucket', hoursBeforeMs),
    byAge('import_job', 'finished_at', historyBeforeMs),
    byAge('upload', 'ended_at', historyBeforeMs),
    byAge('silence', 'ends_at', historyBeforeMs),
    byAge('expert_quarantine', 'ended_at', historyBeforeMs),
    // Whoever asks again pays again: the budget is never given back.
    byAge('privacy_answer', 'given_at', historyBeforeMs),
    guarded('alert_episode', ENDED_EPISODE, historyBeforeMs),
    guarded('baseline', FORMER_BASELINE, historyBeforeMs, BASELINE_BATCH),
    guarded('notification_group', QUIET_GROUP, nowMs),
    guarded('reading', FORMER_READING, nowMs - READING_HISTORY_DAYS * DAY_MS),
    guarded('feedback_test', 'old.updated_at < $1 AND NOT EXISTS (SELECT FROM signalbox.release AS r WHERE r.number = old.release)', quarantineBeforeMs),
  ];
}

function byAge(table: string, column: string, beforeMs: number): PurgeRule {
  return { table, where: `old.${column} < $1`, beforeMs, isGuarded: false, batch: BATCH };
}

function guarded(table: string, where: string, beforeMs: number, batch = BATCH): PurgeRule {
  return { table, where, beforeMs, isGuarded: true, batch };
}
