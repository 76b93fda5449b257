import { Form } from '@base-ui/react/form';
import { type ReactNode, useMemo, useState } from 'react';
import { nearestField, problemOf } from '../api/problem.ts';
import { Failed } from './states.tsx';

export interface ProblemFormProps {
  /** What the last try threw; null where nothing went wrong. */
  readonly error: unknown;
  /** Names of its fields, as the API has them: a problem with one of these, or with a part of one, is shown beside it. */
  readonly fields: readonly string[];
  readonly onSubmit: (data: FormData) => void;
  readonly children: ReactNode;
  readonly label?: string;
  readonly className?: string;
}

/** A form that shows what the server says is wrong at the field it is about, or above all of them. */
export function ProblemForm({ error, fields, onSubmit, children, label, className = 'flex flex-col gap-3' }: ProblemFormProps) {
  const problem = error === null || error === undefined ? null : problemOf(error, undefined);
  const at = problem === null ? null : nearestField(problem.field, fields);
  const [answered, setAnswered] = useState<unknown>(null);
  // The same object until another try fails, as a new one would bring a cleared error back.
  // An error holds a form back from being sent, and its remedy may be in another field: any edit lifts it.
  const errors = useMemo(() => (at === null || problem === null || error === answered ? {} : { [at]: problem.detail }), [error, at, answered]);
  return (
    <Form
      aria-label={label}
      className={className}
      errors={errors}
      onChange={() => setAnswered(error)}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(new FormData(event.currentTarget));
      }}
    >
      {problem !== null && at === null && <Failed error={problem} />}
      {children}
    </Form>
  );
}

/** The text of a field; undefined when it is empty. */
export function textOf(data: FormData, name: string): string | undefined {
  const value = data.get(name);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}
