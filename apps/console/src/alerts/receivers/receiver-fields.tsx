import { type Receiver } from '../../api/gen/types.gen.ts';
import { SelectField, TextField } from '../../ui/fields.tsx';
import { type Kind, KINDS, settingText } from './target-draft.ts';

const SECURITY = [{ value: 'starttls', label: 'STARTTLS' }, { value: 'tls', label: 'TLS' }, { value: 'none', label: 'none (only for hosts that SIGNALBOX_RECEIVER_ALLOW names)' }];

/** Name and target of a receiver; secrets are never filled in. */
export function ReceiverFields({ kind, receiver }: { readonly kind: Kind; readonly receiver: Receiver | null }) {
  return (
    <>
      <TextField name="name" label="Name" required maxLength={100} defaultValue={receiver?.name ?? ''} placeholder="on-call" />
      {KINDS[kind].fields.map((field) => {
        const name = `target.${field.name}`;
        if (field.type === 'security') return <SelectField key={name} name={name} label={field.label} choices={SECURITY} defaultValue={settingText(receiver, field)} />;
        const isSecret = field.type === 'secret';
        const hint = isSecret && receiver !== null ? 'Never shown. Empty: it stays as it is.' : field.hint;
        return <TextField key={name} name={name} label={field.label} hint={hint} type={isSecret ? 'password' : 'text'} autoComplete="off" inputMode={field.type === 'number' ? 'numeric' : undefined} required={field.isRequired} defaultValue={isSecret ? '' : settingText(receiver, field)} />;
      })}
    </>
  );
}
