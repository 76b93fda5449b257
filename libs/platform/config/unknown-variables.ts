import { CLIENT_VARIABLES, environmentSchema } from './environment.ts';

/** Further apart than this, a suggestion would mislead. */
const MAX_TYPING_ERRORS = 3;

/** A warning for each SIGNALBOX_* name that nothing reads, with the nearest name that is read. */
export function unknownVariables(names: readonly string[]): string[] {
  const known = [...Object.keys(environmentSchema.shape), ...CLIENT_VARIABLES];
  return names
    .filter((name) => name.startsWith('SIGNALBOX_') && !known.includes(name))
    .map((name) => {
      const nearest = known
        .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
        .reduce((best, next) => (next.distance < best.distance ? next : best));
      const hint = nearest.distance <= MAX_TYPING_ERRORS ? `; did you mean ${nearest.candidate}?` : '.';
      return `${name} is not a setting of Signalbox and is ignored${hint}`;
    });
}

/** Levenshtein distance, one row at a time. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [row, leftChar] of [...left].entries()) {
    const current = [row + 1];
    for (const [column, rightChar] of [...right].entries()) {
      const substituted = (previous[column] ?? 0) + (leftChar === rightChar ? 0 : 1);
      current.push(Math.min(substituted, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}
