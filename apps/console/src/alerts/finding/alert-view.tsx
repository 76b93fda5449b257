import { BellOff, Check } from 'lucide-react';
import { useState } from 'react';
import { type AlertDetail, type AlertEpisode } from '../../api/gen/types.gen.ts';
import { BackLink } from '../../releases/back-link.tsx';
import { ReleaseLink } from '../../releases/release-link.tsx';
import { useMay } from '../../session/session.ts';
import { Button, ButtonLink } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Page } from '../../ui/page.tsx';
import { Severity } from '../../ui/severity.tsx';
import { Time } from '../../ui/time.tsx';
import { addedLabels, matchersOf, placeText, textLabels } from '../parts/labels.ts';
import { isFiring, MutedBadge, StateBadge } from '../parts/state-badge.tsx';
import { SilenceDialog } from '../silences/silence-dialog.tsx';
import { Acknowledgement } from './acknowledgement.tsx';
import { AroundThen } from './around-then.tsx';
import { Episodes } from './episodes.tsx';
import { FindingCard } from './finding-card.tsx';
import { RuleActions } from './rule-actions.tsx';
import { ToldOf } from './told-of.tsx';
import { WayBack } from './way-back.tsx';

/** An alert from its finding to its end. */
export function AlertView({ alert, episodes, isPast }: { readonly alert: AlertDetail; readonly episodes: readonly AlertEpisode[]; readonly isPast: boolean }) {
  const [isSilencing, setSilencing] = useState(false);
  const mayOperate = useMay('operate');
  const labels = textLabels(alert.labels);
  const { rule, severity, state, since, muted, acknowledged, finding } = alert;
  const title = `${rule.name}: ${placeText(labels)}`;
  return (
    <Page
      title={title}
      lead={
        <span className="flex flex-wrap items-center gap-2">
          <Severity value={severity} />
          <StateBadge state={state} />
          <span>
            since <Time at={since} as="relative" />
          </span>
          <MutedBadge muted={muted} />
          {acknowledged !== null && state !== 'normal' && (
            <span className="inline-flex items-center gap-1">
              <Check size={14} aria-hidden className="text-ok" />
              looked after by {acknowledged.byName}
            </span>
          )}
          {labels['model'] !== undefined && <span>{labels['model']}</span>}
          {labels['release'] !== undefined && <ReleaseLink releaseId={labels['release']} />}
          {Object.entries(addedLabels(labels)).map(([name, value]) => (
            <span key={name} className="rounded bg-raised px-1.5 text-xs wrap-anywhere">
              {name}: {value}
            </span>
          ))}
        </span>
      }
      actions={
        <>
          <ButtonLink to="/alerts/rules/$ruleId" params={{ ruleId: rule.id }}>
            Its rule
          </ButtonLink>
          {mayOperate && !isPast && (
            <Button icon={<BellOff size={14} aria-hidden />} onClick={() => setSilencing(true)}>
              Silence this
            </Button>
          )}
          {mayOperate && isFiring(state) && <Acknowledgement alert={alert} />}
        </>
      }
    >
      <BackLink label="All active alerts" to="/alerts" />
      <div className="grid gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <div className="min-w-0">
          <FindingCard alert={alert} episodes={episodes} />
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          {finding !== null && <WayBack alert={alert} finding={finding} />}
          {acknowledged !== null && acknowledged.note !== null && (
            <Card title={`Note of ${acknowledged.byName}`} lead={<Time at={acknowledged.at} />}>
              <p className="text-sm whitespace-pre-wrap wrap-anywhere">{acknowledged.note}</p>
            </Card>
          )}
          {finding !== null && <AroundThen finding={finding} />}
          <RuleActions actions={alert.actions} />
          {alert.fingerprint !== null && <ToldOf fingerprint={alert.fingerprint} count={alert.notifications} />}
        </div>
      </div>
      <Episodes episodes={episodes} />
      {isSilencing && <SilenceDialog initial={matchersOf(labels)} onClose={() => setSilencing(false)} />}
    </Page>
  );
}
