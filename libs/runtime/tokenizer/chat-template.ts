import { Template } from '@huggingface/jinja';
import { ChatTemplateError, ChatTemplateMissingError, TokenizerError } from './errors.ts';

export interface ChatMessage {
  readonly role: string;
  readonly content: string;
  readonly [field: string]: unknown;
}

export interface ChatTemplateInput {
  readonly messages: readonly ChatMessage[];
  /** Whether the text ends where the assistant's turn begins. */
  readonly addGenerationPrompt: boolean;
  /** Further variables that the template may read. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

export interface ChatTemplate {
  /** Whether there is one: without, no chat can be rendered. */
  readonly isThere: boolean;
  /** The prompt text, special tokens spelled out. Throws ChatTemplateError or ChatTemplateMissingError. */
  render(input: ChatTemplateInput): string;
}

const SPECIAL_TOKEN_FIELDS = ['bos_token', 'eos_token', 'unk_token', 'pad_token', 'sep_token', 'cls_token'] as const;

/** The template in chat_template.jinja, else in tokenizer_config.json; null when neither has one. */
function templateText(config: Readonly<Record<string, unknown>>, jinjaFile: string | undefined): string | null {
  if (jinjaFile !== undefined) return jinjaFile;
  const field = config['chat_template'];
  if (field === undefined || field === null) return null;
  if (typeof field === 'string') return field;
  if (Array.isArray(field)) {
    const named = field.find((entry: { name?: unknown } | null) => entry?.name === 'default') as { template?: unknown } | undefined;
    if (typeof named?.template === 'string') return named.template;
  }
  throw new TokenizerError('tokenizer_config.json: chat_template must be a text, or a list with an entry named "default"');
}

/** Special tokens by field name. A token is written as a text or as an object with `content`. */
function specialTokens(config: Readonly<Record<string, unknown>>): Record<string, string> {
  const tokens: Record<string, string> = {};
  for (const field of SPECIAL_TOKEN_FIELDS) {
    const value = config[field];
    if (typeof value === 'string') tokens[field] = value;
    else if (typeof value === 'object' && value !== null && 'content' in value && typeof value.content === 'string') {
      tokens[field] = value.content;
    }
  }
  return tokens;
}

export function loadChatTemplate(config: Readonly<Record<string, unknown>>, jinjaFile: string | undefined): ChatTemplate {
  const text = templateText(config, jinjaFile);
  if (text === null) {
    return {
      isThere: false,
      render: () => {
        throw new ChatTemplateMissingError();
      },
    };
  }
  let template: Template;
  try {
    template = new Template(text);
  } catch (error) {
    throw new TokenizerError(`the chat template does not parse: ${messageOf(error)}`, { cause: error });
  }
  const tokens = specialTokens(config);
  return {
    isThere: true,
    render: ({ messages, addGenerationPrompt, variables }) => {
      try {
        return template.render({ ...variables, ...tokens, messages, add_generation_prompt: addGenerationPrompt });
      } catch (error) {
        throw new ChatTemplateError(`the chat template refused the messages: ${messageOf(error)}`, { cause: error });
      }
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
