import { type ChatTurn } from '#libs/contract/openai/chat-request';
import { type ActivationState, type Canary } from '#libs/governance/activation/activation-state';
import { type ReleaseManifest, type Sha256Paths } from '#libs/runtime/engine/release-source';

/** Text to token ids and back, as one release's tokenizer does it. */
export interface PromptTokenizer {
  /** Token ids of a text; `addSpecial` puts the beginning-of-text token before them. */
  encode(text: string, addSpecial: boolean): Uint32Array;
  /** Whether it has a chat template. */
  readonly canChat: boolean;
  /** A conversation through the chat template. @throws ChatRefusedError if it cannot be rendered. */
  encodeChat(turns: readonly ChatTurn[]): Uint32Array;
  /** Text of the tokens, without special tokens. */
  decode(tokenIds: Uint32Array): string;
  /** One token alone: its name and bytes; a special token has a name such as `<s>`. */
  token(tokenId: number): { readonly text: string; readonly bytes: readonly number[] };
  /** Whether a token only marks structure and is no part of a text. */
  isSpecial(tokenId: number): boolean;
}

/** The model's chat template refuses these messages, or the model has none. */
export class ChatRefusedError extends Error {
  override readonly name = 'ChatRefusedError';
}

/** A release as the store knows it. */
export interface ActiveRelease {
  readonly model: string;
  readonly releaseId: string;
  readonly manifest: ReleaseManifest;
  readonly components: Sha256Paths;
}

/** What the store says shall serve a model. */
export interface ActiveModel {
  readonly activation: ActivationState;
  readonly activatedAtMs: number;
  /** Those that the activation names. */
  readonly releases: readonly ActiveRelease[];
}

/** A release that is loaded and can answer. */
export interface ServedRelease extends ActiveRelease {
  readonly tokenizer: PromptTokenizer;
}

/** Holds a release in the engine for one request, from its first token to its last. */
export interface ReleasePin {
  readonly release: ServedRelease;
  unpin(): void;
}

/** What may answer a request, as it is at one moment; each release is held until it is let go. */
export interface ModelPin {
  readonly stable: ReleasePin;
  readonly canary: { readonly settings: Canary; readonly pin: ReleasePin } | null;
}

/** Where the inference app learns what is active. */
export interface ReleaseDirectory {
  /** Changes whenever an activation does; cheap to ask. */
  generation(): Promise<string>;
  active(): Promise<readonly ActiveModel[]>;
}

export type TokenizerLoader = (release: ActiveRelease) => Promise<PromptTokenizer>;

export const ENGINE = Symbol('Engine');
