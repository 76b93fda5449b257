/** What is told in a corner of the page, and goes by itself. */
export interface Note {
  readonly title: string;
  readonly description?: string;
  readonly isProblem?: boolean;
}
