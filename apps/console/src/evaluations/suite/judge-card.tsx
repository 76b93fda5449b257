import { plainText } from '../../requests/trace/visible-text.ts';
import { Card } from '../../ui/card.tsx';
import { inUnit } from '../run-words.ts';
import { judgeInWords } from './judge-in-words.ts';
import { type Judging } from './suite-result.ts';

/** Whether verdicts of the judge are about the answers: they must not turn when the answers change places. */
export function JudgeCard({ judging }: { readonly judging: Judging }) {
  const { task, consistency, pairs, turned, tied, unreadable } = judging;
  const counts = [
    ['keeps its winner when the answers change places', consistency === null ? 'named none' : `${inUnit(consistency.value, 'share')}${consistency.low === null || consistency.high === null ? '' : `, ${inUnit(consistency.low, 'share')} to ${inUnit(consistency.high, 'share')}`}`],
    ['pairs asked, in both orders', String(pairs)],
    ['verdicts that turn with the order, counted as ties', String(turned)],
    ['ties in both orders', String(tied)],
    ['replies that could not be read', String(unreadable)],
  ] as const;
  return (
    <Card title={`Can the judge tell? ${task}`} lead={plainText(judgeInWords(judging))}>
      <dl className="grid gap-x-6 gap-y-1 text-sm sm:grid-cols-[auto_minmax(0,1fr)]">
        {counts.map(([what, value]) => (
          <div key={what} className="contents">
            <dt className="text-ink-soft">{what}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
