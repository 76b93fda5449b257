import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { FileText } from 'lucide-react';
import { getChangeOptions, getChangeStandingOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type Change, type ChangeStanding } from '../api/gen/types.gen.ts';
import { useMay } from '../session/session.ts';
import { ButtonLink } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Page } from '../ui/page.tsx';
import { Loaded } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { ApprovalsCard } from './approvals-card.tsx';
import { BrokenGlassCard } from './broken-glass-card.tsx';
import { ChangeActions } from './change-actions.tsx';
import { ClassBadge, StateBadge } from './change-badges.tsx';
import { ChangeDiffCard } from './change-diff-card.tsx';
import { changeSentence } from './change-sentence.ts';
import { typeLabel } from './change-words.ts';
import { DiscussionCard } from './discussion-card.tsx';
import { EvidenceCard } from './evidence-card.tsx';
import { HistoryCard } from './history-card.tsx';
import { RequirementsCard } from './requirements-card.tsx';

/** One change request: what shall change, on which evidence, who let it, and what can be done now. */
export function ChangePage() {
  const { changeId } = useParams({ strict: false }) as { readonly changeId: string };
  const change = useQuery(getChangeOptions({ path: { changeId } }));
  const standing = useQuery(getChangeStandingOptions({ path: { changeId } }));
  const mayAudit = useMay('audit');
  return (
    <Page
      title={change.data?.title ?? 'Change request'}
      lead={<Link to="/changes">All change requests</Link>}
      actions={
        mayAudit && (
          <ButtonLink to="/changes/$changeId/dossier" params={{ changeId }} icon={<FileText size={15} aria-hidden />}>
            Dossier
          </ButtonLink>
        )
      }
    >
      <Loaded query={change} rows={8}>
        {(one) => <Loaded query={standing}>{(now) => <Found change={one} standing={now} />}</Loaded>}
      </Loaded>
    </Page>
  );
}

function Found({ change, standing }: { readonly change: Change; readonly standing: ChangeStanding }) {
  const nameOf = (account: string): string => standing.people.find((one) => one.account === account)?.name ?? account;
  return (
    <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1.8fr)_minmax(0,1fr)]">
      <div className="flex min-w-0 flex-col gap-4">
        <Card title={changeSentence(change.change)}>
          <p className="mb-3 flex flex-wrap items-center gap-2">
            <StateBadge state={change.state} />
            <ClassBadge value={change.class} />
            <span className="text-xs text-ink-soft">
              #{change.number} · {typeLabel(change.type)} · {change.model ?? 'all models'} · revision {change.revision}
            </span>
          </p>
          <p className="max-w-prose text-sm whitespace-pre-wrap wrap-anywhere">{change.reason}</p>
          <Facts change={change} nameOf={nameOf} />
        </Card>
        {change.breakGlass !== null && <BrokenGlassCard glass={change.breakGlass} />}
        <ChangeDiffCard planned={change} isMade={'releaseId' in change.change || change.outcome !== null} />
        <EvidenceCard change={change} standing={standing} />
        <DiscussionCard change={change} />
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        <ChangeActions change={change} standing={standing} />
        {standing.requirements.length > 0 && <RequirementsCard requirements={standing.requirements} policyVersion={change.policyVersion} />}
        <ApprovalsCard change={change} />
        <HistoryCard change={change} nameOf={nameOf} />
      </div>
    </div>
  );
}

function Facts({ change, nameOf }: { readonly change: Change; readonly nameOf: (account: string) => string }) {
  const { author, createdAt, expiresAt, appliedAt, appliedBy, schedule, supersedes, outcome, state } = change;
  const rollout = outcome?.['rollout'];
  return (
    <dl className="mt-3 grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 text-sm [&_dt]:text-ink-soft">
      <dt>Author</dt>
      <dd className="wrap-anywhere">
        {author.name}, <Time at={createdAt} />
      </dd>
      {['draft', 'open', 'approved', 'scheduled'].includes(state) && (
        <>
          <dt>Expires</dt>
          <dd>
            <Time at={expiresAt} as="full" />
          </dd>
        </>
      )}
      {schedule !== null && (
        <>
          <dt>Scheduled</dt>
          <dd>
            <Time at={schedule.at} as="full" />, given up at <Time at={schedule.until} />, by {nameOf(schedule.by)}
          </dd>
        </>
      )}
      {appliedAt !== null && (
        <>
          <dt>Applied</dt>
          <dd>
            <Time at={appliedAt} as="full" /> by {appliedBy === null ? 'the program' : nameOf(appliedBy)}
          </dd>
        </>
      )}
      {supersedes !== null && (
        <>
          <dt>Replaces</dt>
          <dd>
            <Link to="/changes/$changeId" params={{ changeId: supersedes }}>
              an earlier request
            </Link>
          </dd>
        </>
      )}
      {typeof rollout === 'string' && (
        <>
          <dt>Rollout</dt>
          <dd>
            <Link to="/releases/rollouts/$rolloutId" params={{ rolloutId: rollout }}>
              with its guards and verdicts
            </Link>
          </dd>
        </>
      )}
    </dl>
  );
}
