/** One thing of the console that is measured. */
export interface Part {
  readonly name: string;
  /** Measures and prints it, with a home of its own for what it starts. */
  readonly measure: (home: string) => Promise<void>;
}
