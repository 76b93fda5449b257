import { type Judging, type TaskResult } from '../run/result.ts';
import { type Block } from './report.ts';
import { counted, heading, paragraph, percent, percentRange } from './words.ts';

/** How far the judge of each preference task can be believed. */
export function judgeBlocks(tasks: readonly Pick<TaskResult, 'id' | 'judging'>[]): Block[] {
  const judged = tasks.flatMap(({ id, judging }) => (judging === undefined ? [] : [{ id, judging }]));
  if (judged.length === 0) return [];
  return [heading('Can the judge tell?'), ...judged.flatMap(({ id, judging }) => [paragraph(`${judged.length === 1 ? '' : `${id}: `}${standing(judging)}`), { kind: 'list', items: counts(judging) } as const])];
}

function standing({ judge, standing: found, consistency }: Judging): string {
  const who = judge === null ? 'The judge' : `The judge ${judge}`;
  if (consistency === null) return `${who} named no winner in any pair: it says nothing of these releases.`;
  const keeps = `keeps its winner in ${percentRange(consistency)} of ${counted(consistency.n, 'pair')} when the answers change places`;
  switch (found) {
    case 'tells':
      return `${who} ${keeps}: it looks at the answers.`;
    case 'cannot-tell':
      return `${who} cannot tell: it ${keeps}, and one that never looks at the answers would keep up to 50 %. Its verdicts follow the order; do not decide by them, and choose another judge.`;
    default:
      return `It is not shown that ${judge === null ? 'the judge' : judge} can tell: it ${keeps}, and one that never looks at the answers would keep up to 50 %. Give it more pairs, or choose another judge.`;
  }
}

function counts({ pairs, unreadable, tied, firstBoth, secondBoth }: Judging): string[] {
  const turned = firstBoth + secondBoth;
  return [
    `${counted(turned, 'verdict')} of ${counted(pairs, 'pair')} (${percent(pairs === 0 ? 0 : turned / pairs)}) ${turned === 1 ? 'turns' : 'turn'} with the order and ${turned === 1 ? 'counts as a tie' : 'count as ties'}: ${firstBoth} for the answer shown first, ${secondBoth} for the one shown second.`,
    `${counted(tied, 'pair')} ${tied === 1 ? 'is' : 'are'} a tie in both orders.`,
    `${counted(unreadable, 'pair')} ${unreadable === 1 ? 'has' : 'have'} a reply that could not be read, and ${unreadable === 1 ? 'does' : 'do'} not count.`,
  ];
}
