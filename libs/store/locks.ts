/** Keys of PostgreSQL's advisory locks, all in one place so that no two uses meet by accident. */
export const LOCKS = {
  migration: 7_070_001,
  segments: 7_070_002,
  partitions: 7_070_003,
  retention: 7_070_004,
  fold: 7_070_005,
} as const;
