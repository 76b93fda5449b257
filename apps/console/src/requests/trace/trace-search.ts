/** Parts of the address of one request: how its trace is looked at. That it is looked at is not in it: each look is somebody's own act. */
export interface TraceSearch {
  readonly layer?: number;
  /** Which of the experts that a token took, 0 for the one with the largest gate. */
  readonly rank?: number;
  readonly labels?: true;
}

export function parseTraceSearch({ layer, rank, labels }: Readonly<Record<string, unknown>>): TraceSearch {
  return { ...whole('layer', layer), ...(rank !== 0 && whole('rank', rank)), ...(labels === true && { labels }) };
}

function whole(name: 'layer' | 'rank', value: unknown): TraceSearch {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 65_536 ? { [name]: value } : {};
}
