import { useEffect, useRef, useState } from 'react';
import { type AnswerEnd, type AnswerHead, ask, type Question } from './ask.ts';

/** How far one question is. Times are as seen here, network included. */
export interface AnswerState {
  readonly status: 'idle' | 'running' | 'done' | 'stopped' | 'failed';
  readonly question: Question | null;
  readonly text: string;
  readonly head: AnswerHead | null;
  readonly end: AnswerEnd | null;
  readonly firstTextMs: number | null;
  readonly totalMs: number | null;
  readonly error: unknown;
}

const IDLE: AnswerState = { status: 'idle', question: null, text: '', head: null, end: null, firstTextMs: null, totalMs: null, error: null };

export interface UseAnswer {
  readonly answer: AnswerState;
  /** Resolves with the end, however it came about. */
  readonly start: (question: Question) => Promise<AnswerState>;
  readonly stop: () => void;
  readonly clear: () => void;
}

/** One question and its answer at a time; leaving the page ends it. */
export function useAnswer(): UseAnswer {
  const [answer, setAnswer] = useState(IDLE);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  const start = async (question: Question): Promise<AnswerState> => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    const startedMs = performance.now();
    let state: AnswerState = { ...IDLE, status: 'running', question };
    const show = (parts: Partial<AnswerState>): void => {
      state = { ...state, ...parts };
      if (running.current === controller) setAnswer(state);
    };
    show({});
    const sinceMs = (): number => performance.now() - startedMs;
    try {
      const end = await ask(question, controller.signal, {
        onHead: (head) => show({ head }),
        onText: (text) => show({ text: state.text + text, firstTextMs: state.firstTextMs ?? sinceMs() }),
      });
      show({ status: 'done', end, totalMs: sinceMs() });
    } catch (error) {
      show(controller.signal.aborted ? { status: 'stopped', totalMs: sinceMs() } : { status: 'failed', error, totalMs: sinceMs() });
    }
    return state;
  };
  return { answer, start, stop: () => running.current?.abort(), clear: () => setAnswer(IDLE) };
}
