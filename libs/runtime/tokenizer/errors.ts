/** The tokenizer's files cannot be used. */
export class TokenizerError extends Error {
  override readonly name: string = 'TokenizerError';
}

/** The model has no chat template, so it cannot answer chat requests. */
export class ChatTemplateMissingError extends Error {
  override readonly name = 'ChatTemplateMissingError';
  constructor() {
    super('this model has no chat template; use /v1/completions with a plain prompt');
  }
}

/** The chat template refused these messages or failed on them. */
export class ChatTemplateError extends Error {
  override readonly name = 'ChatTemplateError';
}
