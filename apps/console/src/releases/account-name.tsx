import { useQuery } from '@tanstack/react-query';
import { listAccountsOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { useMay, useMe } from '../session/session.ts';

/** Longest page of the API. */
const PAGE = 200;
/** Digits of an account id that tell accounts apart by eye. */
const SHOWN = 8;

/** Who did something, by name as far as the viewer may know it; pointing at it shows the account. */
export function AccountName({ account }: { readonly account: string }) {
  const me = useMe();
  const mayRead = useMay('administer');
  const accounts = useQuery({ ...listAccountsOptions({ query: { limit: PAGE } }), enabled: mayRead, staleTime: 60_000 }).data?.items;
  const id = account.replace(/^user:/, '');
  const isMe = me?.account === account;
  const name = isMe ? me.name : accounts?.find((one) => one.id === account || one.id === id)?.name;
  return (
    <span title={account} className="wrap-anywhere">
      {name ?? (id.length > 3 * SHOWN ? `account …${id.slice(-SHOWN)}` : id)}
    </span>
  );
}
