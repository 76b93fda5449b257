import { type Activation, type ReleaseDiff } from '../../api/gen/types.gen.ts';
import { formatPercent, shortId } from '../../ui/format.ts';
import { differenceInWords, memoryInWords } from '../change-words.ts';

export const COMMANDS = ['activate', 'start-canary', 'change-share', 'promote', 'abort', 'roll-back', 'start-shadow', 'stop-shadow'] as const;
/** What an operator can do about what serves. */
export type Command = (typeof COMMANDS)[number];

/** Ways back need no approval and no generation. */
const WAYS_BACK: ReadonlySet<Command> = new Set(['abort', 'roll-back', 'stop-shadow']);

export function isWayBack(command: Command): boolean {
  return WAYS_BACK.has(command);
}

/** Whether a command is about a release that someone has to choose. */
export function choosesRelease(command: Command): boolean {
  return command === 'activate' || command === 'start-canary' || command === 'start-shadow';
}

/** Why a command cannot be done in a state; null where it can. */
export function hindrance(command: Command, { releaseId, previousRelease, canary, shadow }: Activation): string | null {
  if (releaseId === null && command !== 'activate') return 'Nothing is activated yet.';
  switch (command) {
    case 'activate':
      return canary === null ? null : 'A canary runs: promote or abort it first.';
    case 'start-canary':
      return canary === null ? null : 'A canary runs already: change its share, promote or abort it.';
    case 'change-share':
    case 'promote':
    case 'abort':
      return canary === null ? 'No canary runs.' : null;
    case 'roll-back':
      return previousRelease === null ? 'There is no release to go back to.' : null;
    case 'stop-shadow':
      return shadow === null ? 'No shadow runs.' : null;
    default:
      return null;
  }
}

/** The release that a command is about; null where none is chosen yet. */
export function targetOf(command: Command, { previousRelease, canary, shadow }: Activation, chosen: string | null): string | null {
  if (choosesRelease(command)) return chosen;
  if (command === 'roll-back') return previousRelease;
  return command === 'stop-shadow' ? (shadow?.releaseId ?? null) : (canary?.releaseId ?? null);
}

export interface CommandPlan {
  readonly command: Command;
  /** As it was seen when the question was asked. */
  readonly seen: Activation;
  readonly target: string | null;
  /** 0 to 1; of a canary or a shadow. */
  readonly share: number;
  readonly part: 'all' | 'routers' | 'experts';
  /** What the target changes against the stable release; null where unknown. */
  readonly diff: ReleaseDiff | null;
  /** A rollout that steers the canary. */
  readonly isRolloutRunning: boolean;
}

/** Exactly what will happen, a sentence each. */
export function consequencesOf(plan: CommandPlan): string[] {
  const { command, seen, target, share, part, diff, isRolloutRunning } = plan;
  const { model, releaseId, canary, shadow, previousRelease } = seen;
  const id = target === null ? 'the chosen release' : `release ${shortId(target)}`;
  const stable = releaseId === null ? 'no release' : `release ${shortId(releaseId)}`;
  const differs = diff === null ? [] : differenceInWords(diff);
  const unknownPair = diff !== null && !diff.compatibility.allowed ? [diff.compatibility.reason === 'incompatible' ? 'A record says that its routers and experts do not belong together.' : 'No record says that its routers and experts belong together.'] : [];
  const rollout = isRolloutRunning ? ['The rollout in progress ends as superseded.'] : [];
  const underWay = 'Requests under way end on the release they began with.';
  switch (command) {
    case 'activate':
      return [
        releaseId === null ? `All requests of ${model} are answered by ${id}.` : `All new requests of ${model} are answered by ${id} in place of ${stable}.`,
        ...differs, ...(diff === null ? [] : [memoryInWords(diff.memory)]), ...unknownPair,
        ...(releaseId === null ? [] : [`${capital(stable)} becomes the way back and stays in memory${previousRelease === null ? '' : `; ${shortId(previousRelease)} is the way back no longer`}.`]), underWay,
      ];
    case 'start-canary':
      return [`${formatPercent(share)} of the requests in scope go to ${id}; ${stable} answers the rest of ${model}.`, ...differs, ...(diff === null ? [] : [memoryInWords(diff.memory)]), ...unknownPair, 'No guard watches it: a rollout does that.'];
    case 'change-share':
      return [`The canary, ${id}, gets ${formatPercent(share)} of the requests in scope in place of ${formatPercent(canary?.share)}.`, 'Who is on it stays there while the share grows.', ...rollout];
    case 'promote':
      return [`All new requests of ${model} are answered by ${id} in place of ${stable}.`, ...differs, `${capital(stable)} becomes the way back and stays in memory${previousRelease === null || previousRelease === releaseId ? '' : `; ${shortId(previousRelease)} is the way back no longer`}.`, 'Its weights are in memory already, so it takes effect at once.', underWay, ...rollout];
    case 'abort':
      return [`The canary, ${id}, gets no more requests: ${stable} answers all of ${model}.`, ...rollout];
    case 'roll-back':
      return part === 'all'
        ? [
            `All new requests of ${model} are answered by ${id} in place of ${stable}.`, ...differs, `${capital(id)} is in memory still, so it takes effect at once.`,
            ...(canary === null ? [] : [`The canary, release ${shortId(canary.releaseId)}, ends.`]), ...(shadow?.releaseId === target ? ['The shadow ends: it becomes the stable release.'] : []),
            `Afterwards there is no way back: to return to ${shortId(releaseId ?? '')}, activate it.`, underWay, ...rollout,
          ]
        : [
            `A release is composed of ${stable} with the ${part}${part === 'routers' ? ' and routing settings' : ''} of ${id}, and answers all new requests of ${model}.`,
            'It is refused unless these routers and experts are known to belong together.', ...(canary === null ? [] : [`The canary, release ${shortId(canary.releaseId)}, ends.`]), `${capital(id)} stays the way back for the rest.`, underWay, ...rollout,
          ];
    case 'start-shadow':
      return [
        shadow?.releaseId === target && target !== null ? `The shadow, ${id}, runs on ${formatPercent(share)} of the answers in place of ${formatPercent(shadow.share)}.` : `${formatPercent(share)} of the answers of ${stable} also run on ${id}, unseen, when the engine has nothing else to do.`,
        ...differs, ...(diff === null ? [] : [memoryInWords(diff.memory)]), 'Nobody gets an answer of it.',
      ];
    case 'stop-shadow':
      return [`${capital(id)} runs beside ${stable} no longer. What answers stays as it is.`];
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
