interface Listed {
  readonly requestId: string;
  readonly at: string;
}

/** How many of the newest requests are not in the list. Only those that would stand among what is loaded: what is older comes by scrolling. */
export function countNew(loaded: readonly Listed[], newest: readonly Listed[]): number {
  const oldest = loaded.at(-1);
  const known = new Set(loaded.map(({ requestId }) => requestId));
  return newest.filter(({ requestId, at }) => !known.has(requestId) && (oldest === undefined || at >= oldest.at)).length;
}
