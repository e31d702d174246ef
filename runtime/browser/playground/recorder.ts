// What a program prints: calls of `console` become entries, which go out in bundles, however fast they come.
import { type Figure, renderFigureSvg, showTensor, Tensor } from '../../../src/index.ts';
import { inspectAll } from './inspect.ts';
import type { Entry, Problem } from './protocol.ts';

const BUNDLE_MILLISECONDS = 100;
/** More in one bundle than anyone reads: the first of them are dropped, so that a program that prints for ever doesn't drown the page. */
const MOST_A_BUNDLE = 500;

export class Recorder {
  private entries: Entry[] = [];
  private dropped = 0;
  private made = 0;
  private sent = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly reading = new Set<Promise<void>>();
  private readonly timers = new Map<string, number>();

  constructor(private readonly send: (entries: readonly Entry[], dropped: number) => void) {}

  /** The methods of `console` that print. */
  readonly console = {
    log: (...values: unknown[]) => this.log('log', values),
    info: (...values: unknown[]) => this.log('log', values),
    debug: (...values: unknown[]) => this.log('log', values),
    table: (...values: unknown[]) => this.log('log', values),
    dir: (value: unknown) => this.log('log', [value]),
    warn: (...values: unknown[]) => this.log('warn', values),
    error: (...values: unknown[]) => this.log('error', values),
    trace: (...values: unknown[]) => this.log('log', ['Trace:', ...values]),
    time: (label = 'default') => void this.timers.set(label, performance.now()),
    timeEnd: (label = 'default') => {
      const start = this.timers.get(label);
      if (start !== undefined) this.log('log', [`${label}: ${(performance.now() - start).toFixed(1)} ms`]);
      this.timers.delete(label);
    },
  };

  problem(problem: Problem): void {
    this.add({ id: this.made++, level: 'error', text: problem.message, figures: [], problem });
  }

  /** Resolves once everything that was printed so far has its values, and has gone out. */
  async settle(): Promise<void> {
    await Promise.all(this.reading);
    this.flush();
  }

  private log(level: Entry['level'], values: readonly unknown[]): void {
    const id = this.made++;
    const figures = values.filter(isFigure).map((figure) => renderFigureSvg(figure));
    const words = values.filter((value) => !isFigure(value));
    // Asked for now: the next step may overwrite what a tensor stands for.
    const texts = new Map<Tensor, string>();
    const reads = tensorsIn(words).map(async (tensor) => void texts.set(tensor, await read(tensor)));
    const text = () => inspectAll(words, (value) => (value instanceof Tensor ? (texts.get(value) ?? String(value)) : undefined));
    this.add({ id, level, text: text(), figures });
    if (reads.length === 0) return;
    const done: Promise<void> = Promise.all(reads).then(() => {
      this.add({ id, level, text: text(), figures });
      this.reading.delete(done);
    });
    this.reading.add(done);
  }

  private add(entry: Entry): void {
    this.entries.push(entry);
    if (this.entries.length > MOST_A_BUNDLE) {
      this.entries.shift();
      this.dropped++;
    }
    // A program that never yields still gets its entries out: no timer runs there.
    if (performance.now() - this.sent >= BUNDLE_MILLISECONDS) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), BUNDLE_MILLISECONDS);
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.sent = performance.now();
    if (this.entries.length === 0) return;
    this.send(this.entries, this.dropped);
    this.entries = [];
    this.dropped = 0;
  }
}

export function isFigure(value: unknown): value is Figure {
  if (typeof value !== 'object' || value === null) return false;
  const { title, panels } = value as Partial<Figure>;
  return typeof title === 'string' && Array.isArray(panels) && panels.every(({ kind }) => kind === 'chart' || kind === 'pictures');
}

/** Tensors among the values, and one or two levels down in plain objects and arrays. Those deep inside a model stay names. */
function tensorsIn(values: readonly unknown[], depth = 0): Tensor[] {
  return values.slice(0, 100).flatMap((value) => {
    if (value instanceof Tensor) return [value];
    if (depth > 1 || typeof value !== 'object' || value === null) return [];
    const plain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
    return plain ? tensorsIn(Object.values(value), depth + 1) : [];
  });
}

async function read(tensor: Tensor): Promise<string> {
  try {
    return await showTensor(tensor);
  } catch (error) {
    // Inside a compiled function there is no value to show: it only builds a graph.
    return `${tensor} (no value: ${(error as Error).message})`;
  }
}
