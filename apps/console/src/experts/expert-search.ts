const RELEASE_ID = /^[0-9a-f]{64}$/;
export const DIMENSIONS = ['tenant', 'task', 'language'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** Parts of the address beside model and time. */
export interface ExpertSearch {
  /** Only this release; left out: all of the model, and for what holds for one the release that answers. */
  readonly release?: string;
  /** By which label it is told who uses it; task unless given. */
  readonly by?: Dimension;
}

export function parseExpertSearch({ release, by }: Readonly<Record<string, unknown>>): ExpertSearch {
  return { ...(typeof release === 'string' && RELEASE_ID.test(release) && { release }), ...(DIMENSIONS.includes(by as Dimension) && by !== 'task' && { by: by as Dimension }) };
}

/** A number in the address; null where it is none. */
export function indexOf(text: string | undefined): number | null {
  return text !== undefined && /^(0|[1-9]\d{0,4})$/.test(text) ? Number(text) : null;
}
