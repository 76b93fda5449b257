import { type Turn } from './ask.ts';

const NAMES: Readonly<Record<Turn['role'], string>> = { user: 'You', assistant: 'Model' };

/** What was said so far; `answering`: the part of the next answer that has come, null where none is under way. */
export function Conversation({ turns, answering }: { readonly turns: readonly Turn[]; readonly answering: string | null }) {
  const shown = answering === null ? turns : [...turns, { role: 'assistant' as const, content: answering }];
  return (
    <ol className="flex max-h-[60dvh] flex-col gap-2 overflow-auto" tabIndex={0} aria-label="Conversation" aria-busy={answering !== null}>
      {shown.map(({ role, content }, at) => (
        <li key={at} className={role === 'user' ? 'ml-8 rounded-md bg-accent-soft p-3' : 'mr-8 rounded-md bg-raised p-3'}>
          <p className="text-xs font-medium text-ink-soft">{NAMES[role]}</p>
          <p className="text-sm whitespace-pre-wrap wrap-anywhere">{content}</p>
        </li>
      ))}
    </ol>
  );
}
