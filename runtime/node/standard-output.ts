// Standard output may go away in mid-run: `| head`, a closed terminal, a full disk behind `>`. Hours of training don't end over that.
import { failureReason } from './files.ts';
import type { TextStream } from './status-line.ts';

/** Whoever read it has left. */
const readerGone = ['EPIPE', 'EIO', 'ECONNRESET'];

export class StandardOutput implements TextStream {
  private failure: NodeJS.ErrnoException | undefined;
  private tell: ((why: string) => void) | undefined;

  constructor(private readonly stream: NodeJS.WriteStream) {
    stream.on('error', (error) => {
      this.failure ??= error;
      this.tell?.(this.reason);
      this.tell = undefined;
    });
  }

  get isTTY(): boolean {
    return this.stream.isTTY;
  }

  write(text: string): void {
    if (!this.failure) this.stream.write(text);
  }

  /** Calls `tell` once, when nothing can be written any more. */
  whenLost(tell: (why: string) => void): void {
    this.tell = tell;
  }

  /** What to end with when something that was written got lost; a reader that left has what it wanted. */
  get problem(): string | undefined {
    return this.failure && !readerGone.includes(this.failure.code ?? '') ? `can't write to standard output: ${this.reason}` : undefined;
  }

  private get reason(): string {
    if (!this.failure) return '';
    return readerGone.includes(this.failure.code ?? '') ? 'its reader is gone' : failureReason(this.failure);
  }
}
