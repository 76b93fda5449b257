import { Fragment } from 'react';
import { Time } from './time.tsx';

const INSTANT = /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)/;

/** What the API says, with its times in the viewer's zone. */
export function InWords({ text }: { readonly text: string }) {
  return text.split(INSTANT).map((part, index) => (index % 2 === 1 ? <Time key={index} at={part} as="full" /> : <Fragment key={index}>{part}</Fragment>));
}
