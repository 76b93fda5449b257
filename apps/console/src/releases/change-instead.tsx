import { Link } from '@tanstack/react-router';
import { problemOf } from '../api/problem.ts';
import { type DraftSearch } from '../changes/draft-search.ts';

/** Where the server says that only an approved change may do something: the way to ask for it. */
export function ChangeInstead({ error, model, ...draft }: Pick<DraftSearch, 'kind' | 'release' | 'sha256'> & { readonly error: unknown; readonly model: string }) {
  if (error === null || problemOf(error, undefined).code !== 'change_required') return null;
  return (
    <Link to="/changes/new" search={{ model, ...draft }} className="text-sm font-medium">
      Open a change request instead
    </Link>
  );
}
