import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { getRolloutOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type Rollout } from '../../api/gen/types.gen.ts';
import { Badge } from '../../ui/badge.tsx';
import { ButtonLink } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Figure, Figures } from '../../ui/figure.tsx';
import { formatDuration, formatPercent, shortId } from '../../ui/format.ts';
import { Page } from '../../ui/page.tsx';
import { Empty, Loaded } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { AccountName } from '../account-name.tsx';
import { BackLink } from '../back-link.tsx';
import { namesInWords } from '../change-words.ts';
import { ReleaseLink } from '../release-link.tsx';
import { scopeInWords } from '../serving/scope-words.ts';
import { GuardPicture } from './guard-picture.tsx';
import { RolloutActions } from './rollout-actions.tsx';
import { guardTitle, guardVerdict, planOf, reasonInWords, STATES } from './rollout-words.ts';
import { StepsCard } from './steps-card.tsx';
import { VerdictsCard } from './verdicts-card.tsx';

/** The server looks at a rollout every two seconds. */
const LIVE_MS = 2000;

/** One rollout: its steps, what each guard says, and every verdict. */
export function RolloutPage() {
  const { rolloutId } = useParams({ from: '/shell/releases/rollouts/$rolloutId' });
  const query = useQuery({ ...getRolloutOptions({ path: { rolloutId } }), refetchInterval: ({ state }) => (state.data?.endedAt === null ? LIVE_MS : false) });
  const rollout = query.data;
  return (
    <Page title={rollout === undefined ? 'Rollout' : `Rollout of ${shortId(rollout.candidate)}`} lead={<BackLink label="Rollouts" to="/releases/rollouts" />} actions={rollout && <RolloutActions rollout={rollout} />}>
      <Loaded query={query} rows={10}>
        {(data) => <Content rollout={data} />}
      </Loaded>
    </Page>
  );
}

function Content({ rollout }: { readonly rollout: Rollout }) {
  const { id, model, candidate, stable, state, reason, step, steps, share, changeId, startedBy, createdAt, endedAt, changedExperts, current } = rollout;
  const plan = planOf(rollout);
  const guard = current.guard === null ? '' : ` Guard: ${guardTitle(current.guard)}.`;
  return (
    <>
      <Card>
        <Figures>
          <Figure label="State" value={<Badge tone={STATES[state].tone}>{STATES[state].words}</Badge>} />
          <Figure label="Model" value={model} />
          <Figure label="Candidate" value={<ReleaseLink releaseId={candidate} />} note={changedExperts.length === 0 ? undefined : `changes ${namesInWords(changedExperts)}`} />
          <Figure label="Against" value={<ReleaseLink releaseId={stable} />} note="stable as it began" />
          <Figure label="Step" value={`${Math.min(step + 1, steps)} of ${steps}`} note={`${formatPercent(share)} of ${scopeInWords({ segment: plan.scope?.segment ?? null, routeSlice: plan.scope?.routeSlice ?? null })}`} />
          <Figure label="False rollback rate" value={formatPercent(plan.falseRollbackRate)} definition="Chance, over the whole rollout and however often it is looked at, that a candidate within all margins is rolled back." />
          <Figure label="Begun" value={<span className="text-sm"><Time at={createdAt} /></span>} note={<>by <AccountName account={startedBy} /></>} />
          {endedAt !== null && <Figure label="Ended" value={<span className="text-sm"><Time at={endedAt} /></span>} note={`after ${formatDuration(Date.parse(endedAt) - Date.parse(createdAt))}`} />}
        </Figures>
        <p role="status" className="mt-3 text-sm">
          {reasonInWords(endedAt === null && state === 'running' ? current.reason : reason)}
          {guard} {endedAt === null && current.missing !== null && `Missing: ${current.missing}.`}
        </p>
        <p className="mt-2 flex flex-wrap gap-2">
          <ButtonLink size="small" to="/releases/compare" search={{ a: stable, b: candidate }}>
            Compare the two
          </ButtonLink>
          {changeId !== null && (
            <Link to="/changes/$changeId" params={{ changeId }} className="self-center text-sm">
              The approved change that started it
            </Link>
          )}
        </p>
      </Card>
      <StepsCard rollout={rollout} />
      <Card title="Guards" lead="A guard fails when it is shown that the candidate is worse by more than the margin. The red ground lies beyond the margin; the bar below is the evidence for that, on a scale of logarithms.">
        {current.figures.guards.length === 0 ? (
          <Empty title="No figures yet">The first look comes within seconds of the start.</Empty>
        ) : (
          <ul className="grid gap-4 md:grid-cols-2 2xl:grid-cols-3">
            {current.figures.guards.map((figures) => {
              const { tone, verdict, words } = guardVerdict(figures);
              return (
                <li key={figures.guard} className="min-w-0 rounded-md border border-line p-3">
                  <h3 className="mb-1 flex flex-wrap items-center gap-2 text-sm font-medium">
                    {guardTitle(figures.guard)} <Badge tone={tone}>{verdict}</Badge>
                  </h3>
                  <GuardPicture figures={figures} />
                  <p className="mt-1 text-xs text-ink-soft">{words}</p>
                </li>
              );
            })}
          </ul>
        )}
      </Card>
      <VerdictsCard rolloutId={id} isLive={endedAt === null} />
    </>
  );
}
