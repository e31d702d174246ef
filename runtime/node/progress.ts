// The progress bar of a whole run: what is being done, the share done, the time left, loss and rate.
import type { ProgressUpdate } from '../../src/train/project.ts';
import type { Estimate } from '../run/estimate.ts';
import { TimeLeft } from '../run/time-left.ts';
import { formatDuration, type StatusLine } from './status-line.ts';

export class Progress {
  private readonly timeLeft: TimeLeft;

  constructor(
    private readonly status: StatusLine,
    estimate?: Estimate,
    now: () => number = () => performance.now(),
  ) {
    this.timeLeft = new TimeLeft(now, estimate);
  }

  update(update: ProgressUpdate): void {
    this.status.update(formatProgress(update, this.timeLeft.update(update)));
  }
}

/** `train  ━━━━━━━━────────────  41 %  0:36 left  loss 0.1832  4,120 images/s` */
export function formatProgress({ phase, fraction, loss, rate, unit }: ProgressUpdate, secondsLeft: number | undefined): string {
  const width = 20;
  const filled = Math.round(fraction * width);
  const parts = [phase, '━'.repeat(filled) + '─'.repeat(width - filled), `${String(Math.floor(fraction * 100)).padStart(3)} %`];
  if (secondsLeft !== undefined) parts.push(`${formatDuration(secondsLeft)} left`);
  if (loss !== undefined) parts.push(`loss ${formatLoss(loss)}`);
  if (rate !== undefined) parts.push(`${formatRate(rate)} ${unit ?? 'items'}/s`);
  return parts.join('  ');
}

const formatLoss = (loss: number) => (Math.abs(loss) >= 1e-3 && Math.abs(loss) < 1e4 ? loss.toPrecision(4) : loss.toExponential(2));
const formatRate = (rate: number) => (rate >= 100 ? Math.round(rate).toLocaleString('en') : rate.toPrecision(3));
