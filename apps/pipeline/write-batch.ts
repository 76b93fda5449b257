import { type TraceBatch } from '#libs/store/capture/trace-batch';
import { type TraceWriter, type WriteOutcome } from '#libs/store/capture/trace-writer';

interface Waiting {
  readonly batch: TraceBatch;
  readonly resolve: (outcome: WriteOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Last stage: writes batches. Those that arrive while a transaction runs go together into the next one,
 * so that under load the commit and the sums are paid once for many.
 */
export class BatchWriter {
  private readonly waiting: Waiting[] = [];
  private isWriting = false;

  constructor(
    private readonly writer: Pick<TraceWriter, 'writeTogether'>,
    private readonly maxTogether: number,
  ) {}

  /** Resolves once the batch is committed. */
  write(batch: TraceBatch): Promise<WriteOutcome> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ batch, resolve, reject });
      if (!this.isWriting) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.isWriting = true;
    while (this.waiting.length > 0) await this.commit(this.waiting.splice(0, this.maxTogether));
    this.isWriting = false;
  }

  private async commit(group: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.writer.writeTogether(group.map(({ batch }) => batch));
      for (const [i, { resolve }] of group.entries()) resolve(outcomes[i] ?? 'already-written');
    } catch (error) {
      // One batch that cannot be written must not fail its neighbours.
      if (group.length > 1) for (const each of group) await this.commit([each]);
      else group[0]?.reject(error);
    }
  }
}
