// What the worker tells the page, thinned out: rows of metrics are gathered, and of progress only the newest goes.
import type { Report } from './protocol.ts';

type Row = Extract<Report, { type: 'scalars' }>['rows'][number];
type Progress = Extract<Report, { type: 'progress' }>;

/** Milliseconds. */
const EVERY = 100;

export class Outbox {
  private rows: Row[] = [];
  private progress: (() => Progress) | undefined;
  private last = Number.NEGATIVE_INFINITY;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly send: (report: Report) => void) {}

  /** At once, behind all that waits. */
  post(report: Report): void {
    this.flush();
    this.send(report);
  }

  addRow(row: Row): void {
    this.rows.push(row);
    this.sendSoon();
  }

  /** @param report is called when it goes out */
  setProgress(report: () => Progress): void {
    this.progress = report;
    this.sendSoon();
  }

  private sendSoon(): void {
    const wait = this.last + EVERY - performance.now();
    if (wait <= 0) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), wait);
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { rows, progress } = this;
    if (rows.length === 0 && !progress) return;
    this.last = performance.now();
    this.rows = [];
    this.progress = undefined;
    if (rows.length > 0) this.send({ type: 'scalars', rows });
    if (progress) this.send(progress());
  }
}
