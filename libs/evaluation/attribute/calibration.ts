/**
 * How often the rule is right where the texts leave no doubt: repetitions of the texts know nothing of what the rule
 * itself takes for something else. By the rule of succession, (k + 1) / (n + 2), of the 32 faults of seed 1 of
 * bench/attribution whose confidence was 0.95 or more, all of which were named right. Its reported faults are of other seeds.
 */
const RULE_RIGHT = 0.97;

/** @param repeated share of the repetitions with the same cause @returns how probable it is that the cause is right */
export function calibrated(repeated: number): number {
  return RULE_RIGHT * repeated;
}
