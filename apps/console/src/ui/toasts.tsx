import { type ComponentType, useEffect, useState } from 'react';
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
  const [List, setList] = useState<ComponentType | null>(null);
  useEffect(() => {
    onNote = () => {
      void import('./toast-list.tsx').then(({ ToastList, addToast }) => {
        setList(() => ToastList);
        for (const note of waiting.splice(0)) addToast(note);
      });
    };
    if (waiting.length > 0) onNote();
    return () => {
      onNote = () => undefined;
    };
  }, []);
  return List && <List />;
}
