import { type Observation } from './observe.ts';

/** Text of a token that a failure may show. */
export interface Word {
  readonly row: number;
  readonly token: string;
  /** Text around it, the token in [brackets]. */
  readonly context: string;
}

/** What an assertion saw of one item of one release. */
export interface SeenItem {
  /** Of the dataset, from 1. */
  readonly line: number;
  readonly seen: Observation;
  readonly words: readonly Word[];
}

export interface SeenPair {
  readonly candidate: SeenItem;
  readonly reference: SeenItem | null;
}
