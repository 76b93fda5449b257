import { useInfiniteQuery } from '@tanstack/react-query';
import { listKeysInfiniteOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { createKey, revokeKey } from '../api/gen/sdk.gen.ts';
import { Card } from '../ui/card.tsx';
import { NotAllowed } from '../ui/not-allowed.tsx';
import { byCursor } from '../ui/paged-table.tsx';
import { CreateKey } from './create-key.tsx';
import { KeysTable } from './keys-table.tsx';
import { useMayAdminister } from './may-administer.ts';

/** Every key of the installation. */
export function AllKeys() {
  const mayAdminister = useMayAdminister();
  const query = useInfiniteQuery({ ...listKeysInfiniteOptions(), ...byCursor, enabled: mayAdminister });
  if (!mayAdminister) return <NotAllowed permission="administer">Here are the keys of all accounts. Your own are under My account.</NotAllowed>;
  return (
    <Card
      title="All keys"
      lead="A key made here belongs to no account: it acts for itself, by its scopes alone. Make keys of users and services on their pages."
      isFlush
      actions={<CreateKey scopes="all" hasLimits create={async (body) => (await createKey({ body })).data} />}
    >
      <KeysTable caption="Table of all keys" query={query} hasAccounts revoke={(keyId) => revokeKey({ path: { keyId } })} />
    </Card>
  );
}
