export interface ModeChoiceProps {
  readonly isChat: boolean;
  /** undefined until known. */
  readonly canChat: boolean | undefined;
  readonly model: string;
  readonly onChange: (isChat: boolean) => void;
}

/** A text to go on with, or a conversation; a model without a chat template takes texts only, and that is said. */
export function ModeChoice({ isChat, canChat, model, onChange }: ModeChoiceProps) {
  return (
    <fieldset className="flex flex-col gap-1">
      <legend className="mb-1 text-xs font-medium text-ink-soft">What is sent</legend>
      <div className="flex gap-4 text-sm">
        <label className="flex items-center gap-1.5">
          <input type="radio" name="mode" className="accent-accent" checked={!isChat} onChange={() => onChange(false)} />
          Prompt
        </label>
        <label className="flex items-center gap-1.5">
          <input type="radio" name="mode" className="accent-accent" checked={isChat} disabled={canChat !== true} aria-describedby={canChat === false ? 'no-chat' : undefined} onChange={() => onChange(true)} />
          Chat
        </label>
      </div>
      {canChat === false && (
        <p id="no-chat" className="text-xs text-ink-soft">
          {model} has no chat template, so it goes on with texts and takes no conversations. Import a checkpoint whose tokenizer brings one to chat.
        </p>
      )}
    </fieldset>
  );
}
