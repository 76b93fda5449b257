import { useEffect, useState } from 'react';
import { problemOf } from '../api/problem.ts';
import { type Note } from './note.ts';

const waiting: Note[] = [];
let onNote: () => void = () => undefined;

function tell(note: Note): void {
  waiting.push(note);
  onNote();
}

/** Says that something was done. */
export function tellDone(title: string, description?: string): void {
  tell({ title, description });
}

/** Says that something failed, where no form or part of the page can. */
export function tellFailed(error: unknown): void {
  const { title, detail } = problemOf(error, undefined);
  tell({ title, description: detail, isProblem: true });
}

/** Shows what is told. What it takes is loaded with the first note, for most visits have none. */
export function Toasts() {
  const [loaded, setLoaded] = useState<typeof import('./toast-list.tsx') | null>(null);
  useEffect(() => {
    // A note that is added before the list is there would be lost, so it waits until the list was mounted.
    onNote = (): void => {
      if (loaded === null) void import('./toast-list.tsx').then(setLoaded);
      else for (const note of waiting.splice(0)) loaded.addToast(note);
    };
    if (waiting.length > 0) onNote();
    return () => {
      onNote = () => undefined;
    };
  }, [loaded]);
  return loaded && <loaded.ToastList />;
}
