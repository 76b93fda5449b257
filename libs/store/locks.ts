/** Keys of PostgreSQL's advisory locks, all in one place so that no two uses meet by accident. */
export const LOCKS = {
  migration: 7_070_001,
  segments: 7_070_002,
  partitions: 7_070_003,
  retention: 7_070_004,
  fold: 7_070_005,
  audit: 7_070_006,
  rollouts: 7_070_007,
  schedule: 7_070_008,
  imports: 7_070_009,
  checkpoints: 7_070_010,
  accounts: 7_070_011,
  components: 7_070_013,
  detection: 7_070_014,
  measurement: 7_070_015,
  alerts: 7_070_016,
  deliveries: 7_070_017,
} as const;
