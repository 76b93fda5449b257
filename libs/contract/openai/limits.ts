/** Bounds on what one request may hold. Counts unless a unit is named. */
export const OPENAI_LIMITS = {
  modelNameCharacters: 200,
  /** Prompts in one completions request. */
  prompts: 128,
  /** Choices for each prompt. */
  choices: 128,
  messages: 2048,
  contentParts: 256,
  /** OpenAI's own bound. */
  stopTexts: 4,
  stopTextCharacters: 256,
  stopTokenIds: 64,
  logitBiasEntries: 1024,
  /** OpenAI's bounds on metadata. */
  metadataPairs: 16,
  metadataKeyCharacters: 64,
  metadataValueCharacters: 512,
  userCharacters: 512,
  /** Token ids and token counts fit a signed 32-bit integer. */
  largestTokenId: 0x7fff_ffff,
} as const;
