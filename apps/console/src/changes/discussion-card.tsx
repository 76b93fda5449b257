import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { commentOnChange } from '../api/gen/sdk.gen.ts';
import { type Change } from '../api/gen/types.gen.ts';
import { refresh } from '../api/query-client.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { TextAreaField } from '../ui/fields.tsx';
import { ProblemForm, textOf } from '../ui/problem-form.tsx';
import { Time } from '../ui/time.tsx';

export function DiscussionCard({ change }: { readonly change: Change }) {
  const [text, setText] = useState('');
  const say = useMutation({
    mutationFn: (said: string) => commentOnChange({ path: { changeId: change.id }, body: { text: said } }),
    onSuccess: async () => {
      setText('');
      await refresh('changes');
    },
  });
  return (
    <Card title="Discussion">
      {change.comments.length > 0 && (
        <ol aria-label="Comments" className="mb-4 flex flex-col gap-3">
          {change.comments.map(({ id, accountName, text: said, at }) => (
            <li key={id} className="rounded-md bg-raised px-3 py-2 text-sm">
              <p className="text-xs text-ink-soft">
                <span className="font-medium text-ink">{accountName}</span>, <Time at={at} />
              </p>
              <p className="mt-1 whitespace-pre-wrap wrap-anywhere">{said}</p>
            </li>
          ))}
        </ol>
      )}
      <ProblemForm label="Comment" error={say.error} fields={['text']} onSubmit={(data) => say.mutate(textOf(data, 'text') ?? '')}>
        <TextAreaField name="text" label="Your comment" rows={2} maxLength={10_000} value={text} onChange={(event) => setText(event.target.value)} hint="It stays: comments are part of the request and of its dossier." />
        <div className="flex justify-end">
          <Button type="submit" disabled={say.isPending || text.trim() === ''}>
            Comment
          </Button>
        </div>
      </ProblemForm>
    </Card>
  );
}
