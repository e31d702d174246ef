// One line at the foot of the terminal that is written over and over; where there is no terminal, a plain line now and then.
import { printable } from './printable.ts';

/** The part of a stream that is needed, so that tests can look at what is written. */
export interface TextStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
  /** Calls `tell` once, when nothing can be written any more. */
  whenLost?(tell: (why: string) => void): void;
}

const redrawEvery = 100;
const plainLineEvery = 5000;

export class StatusLine {
  private shown = false;
  private last: number;

  constructor(
    private readonly stream: TextStream,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.last = stream.isTTY ? -Infinity : now();
  }

  /** Shows the text if it is time to. `force` shows it in any case: the last state of something is worth a line. */
  update(text: string, force = false): void {
    const elapsed = this.now() - this.last;
    if (!force && elapsed < (this.stream.isTTY ? redrawEvery : plainLineEvery)) return;
    this.last = this.now();
    if (this.stream.isTTY) {
      // A longer line would wrap, and only its last row would be written over.
      this.stream.write(`\r\x1b[2K${printable(text).slice(0, (this.stream.columns ?? 80) - 1)}`);
      this.shown = true;
    } else this.stream.write(`${printable(text)}\n`);
  }

  /** Takes the line away, so that ordinary output can be written. */
  clear(): void {
    if (this.shown) this.stream.write('\r\x1b[2K');
    this.shown = false;
    if (this.stream.isTTY) this.last = -Infinity;
  }

  /** An ordinary line above it. */
  line(text: string): void {
    this.clear();
    this.stream.write(`${printable(text)}\n`);
  }
}

export function formatBytes(bytes: number): string {
  if (bytes < 1e3) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

/** `0:09`, `12:34`, `3:04:05`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}`;
}
