import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { createReceiver } from '../../api/gen/sdk.gen.ts';
import { listReceiversInfiniteOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type Receiver, type ReceiverRequest } from '../../api/gen/types.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { useMay } from '../../session/session.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { type Column } from '../../ui/data-table.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { SelectField } from '../../ui/fields.tsx';
import { byCursor, PagedTable } from '../../ui/paged-table.tsx';
import { ProblemForm, textOf } from '../../ui/problem-form.tsx';
import { Empty } from '../../ui/states.tsx';
import { tellDone } from '../../ui/toasts.tsx';
import { AlertsFrame } from '../parts/alerts-frame.tsx';
import { ReceiverFields } from './receiver-fields.tsx';
import { SecretOnce } from './secret-once.tsx';
import { type Kind, KINDS, targetFieldNames, targetOf } from './target-draft.ts';

/** Where notifications go. */
export function ReceiversPage() {
  const mayOperate = useMay('operate');
  const [isAdding, setAdding] = useState(false);
  const receivers = useInfiniteQuery({ ...listReceiversInfiniteOptions({ query: { limit: 100 } }), ...byCursor });
  return (
    <AlertsFrame
      tab="Receivers"
      actions={
        mayOperate && (
          <Button variant="primary" icon={<Plus size={14} aria-hidden />} onClick={() => setAdding(true)}>
            New receiver
          </Button>
        )
      }
    >
      <Card isFlush title="Receivers" lead="Places where notifications go. Who is told of what says which alerts go where.">
        <PagedTable caption="Receivers by name" query={receivers} columns={COLUMNS} rowKey={({ id }) => id} empty={<Empty title="There are no receivers">Nobody is told of anything. Add a webhook, a mail address or an Alertmanager, and name it under Who is told.</Empty>} />
      </Card>
      {isAdding && <NewReceiver onClose={() => setAdding(false)} />}
    </AlertsFrame>
  );
}

const COLUMNS: readonly Column<Receiver>[] = [
  {
    id: 'name', header: 'Receiver', isRowHeader: true,
    cell: ({ id, name }) => (
      <Link to="/alerts/receivers/$receiverId" params={{ receiverId: id }} className="font-medium wrap-anywhere">
        {name}
      </Link>
    ),
  },
  { id: 'kind', header: 'Kind', cell: ({ kind }) => KINDS[kind].label },
  { id: 'where', header: 'Where', isSecondary: true, cell: ({ settings: { url, host, to } }) => <span className="font-mono text-xs wrap-anywhere">{url ?? (to === undefined ? (host ?? 'kept secret') : to.join(', '))}</span> },
  { id: 'state', header: 'State', cell: ({ disabledReason }) => (disabledReason === null ? <Badge tone="ok">on</Badge> : <Badge tone="bad">{disabledReason === 'gone' ? 'off: it answered 410 Gone' : 'off'}</Badge>) },
  { id: 'waiting', header: 'Waiting', align: 'right', cell: ({ waiting }) => waiting },
  { id: 'dead', header: 'Dead letters', align: 'right', cell: ({ deadLetters }) => (deadLetters > 0 ? <Badge tone="bad">{deadLetters}</Badge> : 0) },
];

function NewReceiver({ onClose }: { readonly onClose: () => void }) {
  const [kind, setKind] = useState<Kind>('webhook');
  const [made, setMade] = useState<{ readonly id: string; readonly name: string; readonly secret: string } | null>(null);
  const navigate = useNavigate();
  const open = async (id: string): Promise<void> => {
    onClose();
    await navigate({ to: '/alerts/receivers/$receiverId', params: { receiverId: id } });
  };
  // Not through a cached mutation: the answer holds a secret, and is to be kept nowhere.
  const create = useMutation({
    mutationFn: async (body: ReceiverRequest) => (await createReceiver({ body })).data,
    gcTime: 0,
    onSuccess: async ({ id, name, secret }) => {
      await refresh('receivers');
      if (secret === null) {
        tellDone('The receiver is added', 'Name it under Who is told, so that it is told of something.');
        await open(id);
      } else setMade({ id, name, secret });
    },
  });
  if (made !== null) return <SecretOnce name={made.name} secret={made.secret} note="Webhooks are signed with it as Standard Webhooks says." onClose={() => void open(made.id)} />;
  return (
    <Dialog isOpen onClose={onClose} title="New receiver">
      <ProblemForm error={create.error} fields={['name', ...targetFieldNames(kind)]} label="New receiver" onSubmit={(data) => create.mutate({ name: textOf(data, 'name') ?? '', target: targetOf(kind, (name) => textOf(data, name)) })}>
        <SelectField name="target.kind" label="Kind" hint={KINDS[kind].about} choices={Object.entries(KINDS).map(([value, { label }]) => ({ value, label }))} value={kind} onChange={(event) => setKind(event.target.value as Kind)} />
        <ReceiverFields key={kind} kind={kind} receiver={null} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" disabled={create.isPending}>
            {create.isPending ? 'Adding…' : 'Add'}
          </Button>
        </div>
      </ProblemForm>
    </Dialog>
  );
}
