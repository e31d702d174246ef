// Runs programs, one sandbox each: the next one stands ready, library loaded and device open, while the last one's output is read.
import { signal } from '@preact/signals';
import { noteAdapter } from '../page/gpu.ts';
import { newest } from './limits.ts';
import type { ApiNames, Entry, Problem, Report } from './protocol.ts';
import { Sandbox } from './sandbox.ts';

/** Marked in the editor. */
const MOST_PROBLEMS = 100;

export type State = 'idle' | 'running' | 'finished' | 'failed' | 'stopped';

export class Session {
  readonly state = signal<State>('idle');
  readonly entries = signal<readonly Entry[]>([]);
  /** Entries that were too many to keep. */
  readonly dropped = signal(0);
  readonly problems = signal<readonly Problem[]>([]);
  readonly seconds = signal(0);
  readonly gpuBytes = signal(0);
  readonly api = signal<ApiNames | undefined>(undefined);

  private spare: Sandbox | undefined;
  private active: Sandbox | undefined;
  private started = 0;
  private clock: ReturnType<typeof setInterval> | undefined;

  /** Makes the next run quick. */
  prepare(): void {
    this.spare ??= this.open();
  }

  run(code: string): void {
    this.clear();
    this.prepare();
    this.active = this.spare;
    this.spare = undefined;
    this.state.value = 'running';
    this.started = performance.now();
    this.clock = setInterval(() => {
      this.seconds.value = (performance.now() - this.started) / 1000;
    }, 100);
    this.active?.post({ type: 'run', code });
  }

  /** As before any run. */
  clear(): void {
    this.end();
    this.entries.value = [];
    this.dropped.value = 0;
    this.problems.value = [];
    this.seconds.value = 0;
    this.gpuBytes.value = 0;
    this.state.value = 'idle';
  }

  /** Ends the program, whatever it is doing. */
  stop(): void {
    if (this.state.value === 'running') this.state.value = 'stopped';
    this.end();
    this.prepare();
  }

  close(): void {
    this.end();
    this.spare?.terminate();
    this.spare = undefined;
  }

  private end(): void {
    clearInterval(this.clock);
    this.active?.terminate();
    this.active = undefined;
  }

  private open(): Sandbox {
    const sandbox: Sandbox = new Sandbox({
      report: (report) => this.take(sandbox, report),
      failed: (message) => {
        const text = `the playground's worker failed: ${message || 'its files could not be loaded'}. Reload the page.`;
        this.add([{ id: -1, level: 'error', text, figures: [], problem: { message: text, places: [] } }], 0);
        sandbox.terminate();
        if (sandbox === this.spare) this.spare = undefined;
        if (sandbox === this.active && this.state.value === 'running') {
          clearInterval(this.clock);
          this.state.value = 'failed';
        }
      },
    });
    return sandbox;
  }

  private take(sandbox: Sandbox, report: Report): void {
    switch (report.type) {
      case 'api':
        this.api.value = report.names;
        return;
      case 'adapter':
      case 'noAdapter':
        noteAdapter(report);
        return;
      case 'output':
        if (sandbox !== this.active) return;
        this.gpuBytes.value = report.gpuBytes;
        this.add(report.entries, report.dropped);
        return;
      case 'ended':
        if (sandbox !== this.active) return;
        clearInterval(this.clock);
        this.seconds.value = report.seconds;
        this.gpuBytes.value = report.gpuBytes;
        this.state.value = this.problems.value.length > 0 ? 'failed' : 'finished';
        this.prepare();
    }
  }

  private add(entries: readonly Entry[], dropped: number): void {
    // Where some are missing, those before them are no part of what is shown.
    const before = dropped > 0 ? [] : this.entries.value;
    const all = new Map(before.map((entry) => [entry.id, entry]));
    for (const entry of entries) all.set(entry.id, entry);
    const kept = newest([...all.values()], 1000);
    const lost = dropped + this.entries.value.length - before.length + all.size - kept.length;
    this.entries.value = kept;
    if (lost > 0) this.dropped.value += lost;
    const problems = entries.flatMap(({ problem }) => problem ?? []);
    if (problems.length > 0) this.problems.value = [...this.problems.value, ...problems].slice(0, MOST_PROBLEMS);
  }
}
