import { useMutation } from '@tanstack/react-query';
import { Send } from 'lucide-react';
import { testReceiverMutation } from '../../api/gen/@tanstack/react-query.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Failed } from '../../ui/states.tsx';
import { AttemptView } from './attempt-view.tsx';

/** Sends a test now, and shows what became of it. */
export function ReceiverTest({ receiverId }: { readonly receiverId: string }) {
  const test = useMutation({ ...testReceiverMutation(), onSuccess: () => refresh('receivers') });
  return (
    <Card title="Test" lead="One attempt now, whatever waits; also where the receiver is off.">
      <Button icon={<Send size={14} aria-hidden />} disabled={test.isPending} onClick={() => test.mutate({ path: { receiverId } })}>
        {test.isPending ? 'Sending…' : 'Send a test'}
      </Button>
      <div className="mt-3" aria-live="polite">
        {test.error !== null && <Failed error={test.error} />}
        {test.data !== undefined && <AttemptView attempt={test.data.attempt} />}
      </div>
    </Card>
  );
}
