/** Bounds of what a suite may hold. What is above them is refused with the limit in the message. */
export const SUITE_LIMITS = {
  tasks: 64,
  gatesPerTask: 32,
  assertionsPerTask: 64,
  nameCharacters: 128,
  descriptionCharacters: 4096,
  /** Of one dataset. */
  items: 20_000,
  datasetBytes: 32 * 1024 * 1024,
  /** Of one line of a dataset. */
  lineBytes: 256 * 1024,
  /** Of one text, prompt or answer. */
  textCharacters: 65_536,
  choices: 26,
  labels: 8,
  labelCharacters: 64,
  patternCharacters: 1024,
  schemaBytes: 32 * 1024,
  answerTokens: 1024,
  repeats: 32,
  experts: 4096,
} as const;
