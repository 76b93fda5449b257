import { useSearch } from '@tanstack/react-router';
import { Send, Square } from 'lucide-react';
import { useState } from 'react';
import { useSetSearch } from '../shell/scope.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { SelectField } from '../ui/fields.tsx';
import { ProblemForm, textOf } from '../ui/problem-form.tsx';
import { Empty } from '../ui/states.tsx';
import { AnswerFacts } from './answer-facts.tsx';
import { type Turn } from './ask.ts';
import { Conversation } from './conversation.tsx';
import { releaseText, useCanChat, useLoadedReleases, useMayPin } from './loaded-releases.ts';
import { ModeChoice } from './mode-choice.tsx';
import { PlaygroundFrame } from './playground-frame.tsx';
import { type PlaygroundSearch } from './playground-search.ts';
import { PromptField } from './prompt-field.tsx';
import { SettingsFields } from './settings-fields.tsx';
import { SETTING_FIELDS, settingsOf } from './settings.ts';
import { useAnswer } from './use-answer.ts';

/** Sends a prompt or a conversation to a model and shows its answer as it comes. */
export function PlaygroundPage() {
  return (
    <PlaygroundFrame title="Playground" lead="Ask the model as an application would. Each request is recorded as any other, under your name, and its routing can be looked at afterwards.">
      {(model) => <Asking key={model} model={model} />}
    </PlaygroundFrame>
  );
}

function Asking({ model }: { readonly model: string }) {
  const { mode, release } = useSearch({ strict: false }) as PlaygroundSearch;
  const setSearch = useSetSearch();
  const canChat = useCanChat(model);
  const releases = useLoadedReleases(model) ?? [];
  const mayPin = useMayPin();
  const { answer, start, stop, clear } = useAnswer();
  const [turns, setTurns] = useState<readonly Turn[]>([]);
  const isChat = mode === 'chat' && canChat === true;
  const isRunning = answer.status === 'running';

  const send = async (form: FormData): Promise<void> => {
    const text = textOf(form, isChat ? 'messages' : 'prompt');
    if (text === undefined) return;
    const asked = [...turns, { role: 'user' as const, content: text }];
    if (isChat) setTurns(asked);
    const ended = await start({ ...settingsOf(form), model, release: release ?? null, input: isChat ? { turns: asked } : { prompt: text } });
    // A question that got no answer can be asked again.
    if (isChat) setTurns(ended.text === '' ? turns : [...asked, { role: 'assistant', content: ended.text }]);
  };

  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(20rem,2fr)_3fr]">
      <Card title="Request">
        <ProblemForm error={answer.error} fields={['prompt', 'messages', 'x-signalbox-pin-release', ...SETTING_FIELDS]} label="Ask the model" onSubmit={(form) => void send(form)}>
          <ModeChoice isChat={isChat} canChat={canChat} model={model} onChange={(chat) => (setTurns([]), clear(), setSearch({ mode: chat ? 'chat' : undefined }))} />
          <PromptField key={isChat ? 'chat' : 'prompt'} name={isChat ? 'messages' : 'prompt'} label={isChat ? 'Message' : 'Prompt'} rows={isChat ? 4 : 7} />
          {mayPin && (
            <SelectField
              name="x-signalbox-pin-release"
              label="Release"
              value={release ?? ''}
              onChange={(event) => setSearch({ release: event.target.value || undefined })}
              hint={release === undefined ? undefined : 'A request that names its release counts for no rollout and no detector.'}
              choices={[
                { value: '', label: 'the one that is assigned, as for any request' },
                ...releases.map((one) => ({ value: one.releaseId, label: releaseText(one) })),
                ...(release !== undefined && !releases.some(({ releaseId }) => releaseId === release) ? [{ value: release, label: `${release.slice(0, 10)} (serves in no role)` }] : []),
              ]}
            />
          )}
          <SettingsFields defaults={{ maxTokens: 64, temperature: 1, seed: null }} />
          <div className="flex flex-wrap gap-2">
            <Button type="submit" variant="primary" icon={<Send size={14} aria-hidden />} disabled={isRunning}>
              Send
            </Button>
            <Button icon={<Square size={13} aria-hidden />} disabled={!isRunning} onClick={stop}>
              Stop
            </Button>
            {isChat && turns.length > 0 && (
              <Button variant="quiet" disabled={isRunning} onClick={() => (setTurns([]), clear())}>
                New conversation
              </Button>
            )}
          </div>
        </ProblemForm>
      </Card>
      <Card title="Answer">
        {answer.status === 'idle' && turns.length === 0 ? (
          <Empty title="Nothing was asked yet">Write a {isChat ? 'message' : 'prompt'} and send it. The answer shows here token by token, with the release that gave it and a link to its trace.</Empty>
        ) : (
          <div className="flex flex-col gap-3">
            {isChat ? <Conversation turns={turns} answering={isRunning ? answer.text : null} /> : <Continuation prompt={answer.question !== null && 'prompt' in answer.question.input ? answer.question.input.prompt : ''} text={answer.text} isRunning={isRunning} />}
            <AnswerFacts answer={answer} />
          </div>
        )}
      </Card>
    </div>
  );
}

function Continuation({ prompt, text, isRunning }: { readonly prompt: string; readonly text: string; readonly isRunning: boolean }) {
  return (
    <p className="max-h-[60dvh] overflow-auto rounded-md bg-raised p-3 text-sm leading-relaxed whitespace-pre-wrap wrap-anywhere" tabIndex={0} role="region" aria-label="Prompt and answer" aria-busy={isRunning}>
      <span className="text-ink-soft">{prompt}</span>
      <span data-testid="answer" className="font-medium">
        {text}
      </span>
      {isRunning && <span aria-hidden className="ml-0.5 inline-block h-4 w-1.5 animate-pulse bg-accent align-text-bottom" />}
    </p>
  );
}
