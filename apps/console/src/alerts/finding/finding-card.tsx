import { useQuery } from '@tanstack/react-query';
import { getAlertRuleOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { useMemo } from 'react';
import { type AlertDetail, type AlertEpisode, type AlertFinding } from '../../api/gen/types.gen.ts';
import { Card } from '../../ui/card.tsx';
import { Figure, Figures } from '../../ui/figure.tsx';
import { formatCount, formatNumber } from '../../ui/format.ts';
import { InWords } from '../../ui/in-words.tsx';
import { Time, useMinuteEndMs } from '../../ui/time.tsx';
import { readingLabels, textLabels } from '../parts/labels.ts';
import { ReadingChart } from '../parts/reading-chart.tsx';
import { useSignal, valueText } from '../parts/signals.ts';
import { ShiftPicture } from './shift-picture.tsx';
import { pictureWindow, spansOf } from './picture-window.ts';

/** What was found: in words, in figures, and in one picture. */
export function FindingCard({ alert, episodes }: { readonly alert: AlertDetail; readonly episodes: readonly AlertEpisode[] }) {
  const { finding, reason, value, signal } = alert;
  const facts = useSignal(signal);
  if (finding === null) {
    return (
      <Card title="What was found">
        <p className="text-sm">{reason === '' ? 'Nothing yet: the alert has not fired.' : `Nothing yet. The rule says: ${reason}.`}</p>
        <p className="mt-1 text-xs text-ink-soft">A finding is made when an alert begins to fire.</p>
      </Card>
    );
  }
  return (
    <Card title="What was found" lead={facts?.definition}>
      <p className="mb-3 text-sm wrap-anywhere" data-finding>
        <InWords text={finding.summary} />
      </p>
      <FindingFigures finding={finding} value={value} unit={facts?.unit} />
      <div className="mt-4">
        {(signal === 'mix-shift' || signal === 'router-shift') && finding.layer !== null ? <ShiftPicture finding={finding} layer={finding.layer} endedAt={alert.endedAt} /> : <HistoryPicture alert={alert} episodes={episodes} />}
      </div>
    </Card>
  );
}

function FindingFigures({ finding: { effect, evidence, requests, since, signal }, value, unit }: { readonly finding: AlertFinding; readonly value: number | null; readonly unit: string | undefined }) {
  const interval = effect.low === null || effect.high === null ? 'no interval' : `95 % interval ${formatNumber(effect.low)} to ${formatNumber(effect.high)}`;
  return (
    <Figures>
      <Figure label="Effect" value={valueText(effect.value, effect.unit)} note={interval} definition={`Value of ${signal} when the finding was made`} />
      <Figure label="Now" value={valueText(value, unit)} note="newest reading" />
      <Figure label="Since about" value={<Time at={since} />} note={<Time at={since} as="relative" />} definition="Estimated from the readings" />
      {evidence !== null && <Figure label="Evidence" value={evidence >= 1e6 ? evidence.toExponential(1) : formatNumber(evidence)} note="e-value of the test" definition="How far a bet against 'nothing changed' has won: 1 is none" />}
      {requests !== null && <Figure label="Requests" value={formatCount(requests)} note="behind the value" />}
    </Figures>
  );
}

function HistoryPicture({ alert, episodes }: { readonly alert: AlertDetail; readonly episodes: readonly AlertEpisode[] }) {
  const rule = useQuery({ ...getAlertRuleOptions({ path: { ruleId: alert.rule.id } }), retry: false });
  const facts = useSignal(alert.signal);
  const nowMs = useMinuteEndMs();
  const spans = useMemo(() => spansOf(episodes, nowMs), [episodes, nowMs]);
  if (facts === undefined || alert.signal === 'watchdog') return null;
  const window = pictureWindow(alert, nowMs);
  return <ReadingChart signal={facts.signal} labels={readingLabels(textLabels(alert.labels))} isExact from={window.from} to={window.to} limits={rule.data?.limits ?? NO_LIMITS} spans={spans} />;
}

const NO_LIMITS = [] as const;
