import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { shortId } from './format.ts';

/** A digest or id, shortened, with a button that copies all of it. */
export function ShortId({ id, what = 'id' }: { readonly id: string; readonly what?: string }) {
  return (
    <span className="inline-flex items-center gap-0.5 font-mono text-xs" title={id}>
      {shortId(id)}
      <CopyButton text={id} label={`Copy ${what}`} />
    </span>
  );
}

export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  return (
    <button type="button" aria-label={isCopied ? 'Copied' : label} className="inline-flex size-6 cursor-pointer items-center justify-center rounded text-ink-soft hover:bg-raised hover:text-ink" onClick={() => void copy()} onBlur={() => setCopied(false)}>
      {isCopied ? <Check size={13} aria-hidden /> : <Copy size={13} aria-hidden />}
    </button>
  );
}
