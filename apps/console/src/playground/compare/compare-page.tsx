import { useSearch } from '@tanstack/react-router';
import { GitCompareArrows, Square } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useSetSearch } from '../../shell/scope.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { SelectField } from '../../ui/fields.tsx';
import { formatPercent } from '../../ui/format.ts';
import { NotAllowed } from '../../ui/not-allowed.tsx';
import { ProblemForm, textOf } from '../../ui/problem-form.tsx';
import { Empty, Loading } from '../../ui/states.tsx';
import { AnswerFacts } from '../answer-facts.tsx';
import { type LoadedRelease, releaseText, useLoadedReleases, useMayPin } from '../loaded-releases.ts';
import { PlaygroundFrame } from '../playground-frame.tsx';
import { type CompareSearch } from '../playground-search.ts';
import { PromptField } from '../prompt-field.tsx';
import { SettingsFields } from '../settings-fields.tsx';
import { SETTING_FIELDS, settingsOf } from '../settings.ts';
import { useAnswer, type UseAnswer } from '../use-answer.ts';
import { OutputDiff } from './output-diff.tsx';
import { RoutingCard } from './routing-card.tsx';
import { diffTexts, sharedWords } from './text-diff.ts';

const SEED = 1;

/** One prompt on two releases: what they answer, and where they route it. */
export function ComparePage() {
  const mayPin = useMayPin();
  return (
    <PlaygroundFrame title="Two releases on one prompt" lead="The same prompt with the same seed on two releases that are loaded, one after the other, so that neither slows the other down.">
      {(model) => (mayPin ? <Loaded key={model} model={model} /> : <NotAllowed permission="operate, propose or registry">Here a request names the release that answers it.</NotAllowed>)}
    </PlaygroundFrame>
  );
}

function Loaded({ model }: { readonly model: string }) {
  const releases = useLoadedReleases(model);
  if (releases === undefined) return <Loading rows={6} />;
  if (releases.length < 2) return <Empty title="Only one release is loaded">Start another one as shadow or canary, or activate one so that the release before stays loaded; then both can be asked here.</Empty>;
  return <Comparing model={model} releases={releases} />;
}

function Comparing({ model, releases }: { readonly model: string; readonly releases: readonly LoadedRelease[] }) {
  const search = useSearch({ strict: false }) as CompareSearch;
  const setSearch = useSetSearch();
  const a = search.a ?? releases[0]!.releaseId;
  const b = search.b ?? releases.find(({ releaseId }) => releaseId !== a)!.releaseId;
  const [one, other] = [useAnswer(), useAnswer()];
  const [isRunning, setRunning] = useState(false);

  const send = async (form: FormData): Promise<void> => {
    const prompt = textOf(form, 'prompt');
    if (prompt === undefined) return;
    setRunning(true);
    one.clear();
    other.clear();
    const question = { ...settingsOf(form), model, input: { prompt } };
    const first = await one.start({ ...question, release: a });
    if (first.status === 'done') await other.start({ ...question, release: b });
    setRunning(false);
  };
  const stop = (): void => {
    one.stop();
    other.stop();
  };
  const choices = [...releases.map((release) => ({ value: release.releaseId, label: releaseText(release) })), ...[a, b].filter((id) => !releases.some(({ releaseId }) => releaseId === id)).map((id) => ({ value: id, label: `${id.slice(0, 10)} (serves in no role)` }))];

  return (
    <>
      <Card title="Request">
        <ProblemForm error={one.answer.error ?? other.answer.error} fields={['prompt', ...SETTING_FIELDS]} label="Ask both releases" className="grid gap-x-6 gap-y-3 lg:grid-cols-2" onSubmit={(form) => void send(form)}>
          <div className="flex flex-col gap-3">
            <PromptField name="prompt" label="Prompt" rows={5} />
            <div className="flex flex-wrap gap-2">
              <Button type="submit" variant="primary" icon={<GitCompareArrows size={15} aria-hidden />} disabled={isRunning || a === b}>
                Ask both
              </Button>
              <Button icon={<Square size={13} aria-hidden />} disabled={!isRunning} onClick={stop}>
                Stop
              </Button>
              {a === b && <p className="self-center text-xs text-warn">Choose two different releases.</p>}
            </div>
          </div>
          <div className="flex flex-col gap-3">
            <div className="grid grid-cols-2 gap-3">
              <SelectField name="a" label="Release A" value={a} choices={choices} onChange={(event) => setSearch({ a: event.target.value })} />
              <SelectField name="b" label="Release B" value={b} choices={choices} onChange={(event) => setSearch({ b: event.target.value })} />
            </div>
            <SettingsFields defaults={{ maxTokens: 64, temperature: 0, seed: SEED }} />
          </div>
        </ProblemForm>
      </Card>
      <Outcome one={one} other={other} />
    </>
  );
}

function Outcome({ one, other }: { readonly one: UseAnswer; readonly other: UseAnswer }) {
  const [a, b] = [one.answer, other.answer];
  const parts = useMemo(() => diffTexts(a.text, b.text), [a.text, b.text]);
  if (a.status === 'idle') return null;
  const areDone = a.status === 'done' && b.status === 'done';
  // While one is still to come, all of it would count as a difference.
  const shown = areDone ? parts : [{ side: 'a' as const, text: a.text }, { side: 'b' as const, text: b.text }];
  return (
    <>
      <Card
        title="Answers"
        lead={areDone ? <span data-testid="shared">{a.text === b.text ? 'Both answered the same, word for word.' : `${formatPercent(sharedWords(parts))} of the words are in both. Those that only one has are marked and underlined.`}</span> : 'Differences are marked when both have answered.'}
      >
        <div className="grid gap-4 md:grid-cols-2">
          {([['a', a], ['b', b]] as const).map(([side, answer]) => (
            <section key={side} aria-label={`Release ${side.toUpperCase()}`} className="flex min-w-0 flex-col gap-2">
              <h3 className="text-sm font-medium">Release {side.toUpperCase()}</h3>
              {areDone ? <OutputDiff parts={shown} side={side} label={`Answer of release ${side.toUpperCase()}`} /> : <p className="min-h-16 rounded-md bg-raised p-3 text-sm leading-relaxed whitespace-pre-wrap wrap-anywhere">{answer.text}</p>}
              <AnswerFacts answer={answer} />
            </section>
          ))}
        </div>
      </Card>
      {areDone && a.head !== null && b.head !== null && <RoutingCard key={`${a.head.requestId} ${b.head.requestId}`} a={a.head.requestId} b={b.head.requestId} />}
    </>
  );
}
