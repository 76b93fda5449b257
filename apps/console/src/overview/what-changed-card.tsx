import { Link } from '@tanstack/react-router';
import { Bell, BellOff, ClipboardCheck, GitBranch, GitPullRequestArrow, Milestone, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { type Annotation } from '../api/gen/types.gen.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { classNames } from '../ui/class-names.ts';
import { Time } from '../ui/time.tsx';

const ICONS = { activation: GitBranch, rollout: Milestone, 'data-rules': ShieldCheck, change: GitPullRequestArrow, alert: Bell, baseline: ClipboardCheck } as const;
const FIRST = 10;

/** What happened in the time the page is about, newest first. */
export function WhatChangedCard({ annotations }: { readonly annotations: readonly Annotation[] }) {
  const [isAll, setAll] = useState(false);
  const shown = isAll ? annotations : annotations.slice(0, FIRST);
  return (
    <Card title="What changed lately">
      {annotations.length === 0 ? (
        <p className="text-sm text-ink-soft">Nothing changed in this time: no activation, rollout, data rule, decision, alert or baseline.</p>
      ) : (
        <ol className="flex flex-col">
          {shown.map((annotation, index) => (
            <Item key={annotation.id} annotation={annotation} isLast={index === shown.length - 1} />
          ))}
        </ol>
      )}
      {annotations.length > FIRST && (
        <Button size="small" variant="quiet" aria-expanded={isAll} onClick={() => setAll(!isAll)}>
          {isAll ? 'Fewer' : `All ${annotations.length}`}
        </Button>
      )}
    </Card>
  );
}

function Item({ annotation: { at, kind, event, title, by, severity, subject }, isLast }: { readonly annotation: Annotation; readonly isLast: boolean }) {
  const Icon = event === 'resolved' ? BellOff : ICONS[kind];
  const tone = event === 'resolved' ? 'text-ok' : severity === 'critical' || event === 'fail' || event === 'failed' ? 'text-bad' : severity === 'warning' || event === 'pause' ? 'text-warn' : 'text-ink-soft';
  return (
    <li className={classNames('relative flex gap-3 pb-3 text-sm', !isLast && 'before:absolute before:top-6 before:bottom-0 before:left-2.5 before:w-px before:bg-line')}>
      <span className={classNames('flex size-5 shrink-0 items-center justify-center rounded-full bg-raised', tone)}>
        <Icon size={12} aria-hidden />
      </span>
      <div className="min-w-0">
        <SubjectLink subject={subject} text={title} />
        <p className="text-xs text-ink-soft">
          <Time at={at} as="relative" />
          {by !== null && ` · ${by}`}
        </p>
      </div>
    </li>
  );
}

/** Leads to what an annotation is about. */
function SubjectLink({ subject: { type, id }, text }: { readonly subject: Annotation['subject']; readonly text: string }) {
  const look = 'wrap-anywhere';
  switch (type) {
    case 'release':
      return /^[0-9a-f]{64}$/.test(id) ? <Link to="/releases/$releaseId" params={{ releaseId: id }} className={look}>{text}</Link> : <Link to="/releases" className={look}>{text}</Link>;
    case 'rollout':
      return <Link to="/releases/rollouts/$rolloutId" params={{ rolloutId: id }} className={look}>{text}</Link>;
    case 'change':
      return <Link to="/changes/$changeId" params={{ changeId: id }} className={look}>{text}</Link>;
    case 'alert':
      return <Link to="/alerts/$alertId" params={{ alertId: id }} className={look}>{text}</Link>;
    case 'data-rules':
      return <Link to="/changes/data-rules" className={look}>{text}</Link>;
    case 'baseline':
      return <Link to="/alerts/detection" className={look}>{text}</Link>;
  }
}
