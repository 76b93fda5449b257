import { Link } from '@tanstack/react-router';
import { type RecordedRequest } from '../../api/gen/types.gen.ts';
import { Card } from '../../ui/card.tsx';
import { Figure, Figures } from '../../ui/figure.tsx';
import { formatCount, formatDuration, formatNumber, shortId } from '../../ui/format.ts';
import { Time } from '../../ui/time.tsx';
import { FlagBadges } from '../flag-badges.tsx';
import { StatusBadge } from '../status-badge.tsx';
import { TimesBar } from './times-bar.tsx';

const LABELS = ['tenant', 'task', 'language'] as const;
const NAMED_RULES = 10;

/** What is known of a request besides its content. */
export function RequestFacts({ request }: { readonly request: RecordedRequest }) {
  const { at, model, releaseId, segment, status, promptTokens, completionTokens, routedTokens, timeToFirstTokenMs, durationMs, flags, isPinned } = request;
  const generatingMs = timeToFirstTokenMs === null ? null : durationMs - timeToFirstTokenMs;
  const perSecond = generatingMs !== null && generatingMs > 0 && completionTokens > 1 ? ((completionTokens - 1) * 1000) / generatingMs : null;
  return (
    <Card title="What is known of it">
      <div className="flex flex-col gap-4">
        <Figures>
          <Figure label="Status" value={<StatusBadge status={status} />} />
          <Figure label="Admitted" value={<span className="text-sm"><Time at={at} as="full" /></span>} />
          <Figure label="Model" value={<span className="text-sm wrap-anywhere">{model}</span>} note={<Link to="/releases/$releaseId" params={{ releaseId }} title={releaseId}>release {shortId(releaseId)}</Link>} />
          <Figure label="Duration" value={formatDuration(durationMs)} note="admission to end" />
          <Figure label="Tokens in, out" value={`${formatCount(promptTokens)}, ${formatCount(completionTokens)}`} note={`${formatCount(routedTokens)} routed`} definition="Tokens of the prompt, tokens generated over all choices, and tokens that ran through the model. The last token of a choice does not run." />
          <Figure label="Tokens a second" value={formatNumber(perSecond)} note="after the first" definition="Tokens generated after the first one, over the time from it to the end." />
          <Figure label="Flags" value={<span className="text-sm"><FlagBadges flags={flags} isPinned={isPinned} /></span>} definition="What at least one routing decision was besides the plain top-k." />
        </Figures>
        <TimesBar request={request} />
        <dl className="flex flex-wrap gap-x-8 gap-y-2 border-t border-line pt-3 text-sm">
          {LABELS.map((name) => (
            <div key={name} className="min-w-0">
              <dt className="text-xs text-ink-soft capitalize">{name}</dt>
              <dd className="wrap-anywhere">{segment[name] === '' ? <span className="text-ink-soft">none given</span> : <bdi>{segment[name]}</bdi>}</dd>
            </div>
          ))}
          <div className="min-w-0 grow basis-72">
            <dt className="text-xs text-ink-soft">Data rules</dt>
            <dd className="wrap-anywhere">
              <Rules {...request} />
            </dd>
          </div>
        </dl>
      </div>
    </Card>
  );
}

function Rules({ dataRules, model }: Pick<RecordedRequest, 'dataRules' | 'model'>) {
  if (dataRules === null) return 'The model had none.';
  const { generation, digest, maskedExperts, rules, labels } = dataRules;
  const said = Object.entries(labels).filter(([, label]) => label !== '');
  return (
    <>
      <Link to="/changes/data-rules" search={{ model }} title={digest} className="underline">
        {generation === null ? `Rule set ${shortId(digest)}` : `Generation ${generation}`}
      </Link>
      {maskedExperts === 0 ? ' masked no expert' : ` masked ${formatCount(maskedExperts)} experts`}
      {rules.length > 0 && <>: <bdi>{rules.slice(0, NAMED_RULES).join(', ')}</bdi>{rules.length > NAMED_RULES && ` and ${rules.length - NAMED_RULES} more`}</>}
      {said.length > 0 && <span className="text-ink-soft"> ({said.map(([name, label]) => `${name} ${label}`).join(', ')})</span>}
    </>
  );
}
