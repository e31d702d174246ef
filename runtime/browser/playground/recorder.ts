// What a program prints: calls of `console` become entries, which go out in bundles, however fast they come.
import { type Figure, renderFigureSvg, showTensor, Tensor } from '../../../src/index.ts';
import { inspectAll } from './inspect.ts';
import { clipped, MOST_FIGURE, MOST_MESSAGE, newest } from './limits.ts';
import type { Entry, Problem } from './protocol.ts';

const BUNDLE_MILLISECONDS = 100;
/** More in one bundle than anyone reads: the first of them are dropped, so that a program that prints for ever doesn't drown the page. */
const MOST_A_BUNDLE = 500;
/** Characters between two looks at how much waits. */
const LOOK_AFTER = 10_000_000;

/** The program may put another clock in its place, and so must not have this one's. */
const now = performance.now.bind(performance);

export class Recorder {
  private entries: Entry[] = [];
  private dropped = 0;
  /** Characters since the last look. */
  private added = 0;
  private made = 0;
  private sent = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly reading = new Set<Promise<void>>();
  private readonly timers = new Map<string, number>();
  private readonly counts = new Map<string, number>();

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
    assert: (holds: unknown, ...values: unknown[]) => {
      if (!holds) this.log('error', ['Assertion failed', ...values]);
    },
    group: (...values: unknown[]) => this.log('log', values),
    groupCollapsed: (...values: unknown[]) => this.log('log', values),
    count: (label = 'default') => {
      this.counts.set(label, (this.counts.get(label) ?? 0) + 1);
      this.log('log', [`${label}: ${this.counts.get(label)}`]);
    },
    countReset: (label = 'default') => void this.counts.delete(label),
    timeLog: (label = 'default') => {
      const start = this.timers.get(label);
      if (start !== undefined) this.log('log', [`${label}: ${(now() - start).toFixed(1)} ms`]);
    },
    time: (label = 'default') => void this.timers.set(label, now()),
    timeEnd: (label = 'default') => {
      this.console.timeLog(label);
      this.timers.delete(label);
    },
  };

  problem(problem: Problem): void {
    const message = clipped(problem.message, MOST_MESSAGE);
    this.add({ id: this.made++, level: 'error', text: message, figures: [], problem: { message, places: problem.places.slice(0, 20) } });
  }

  /** Resolves once everything that was printed so far has its values, and has gone out. */
  async settle(): Promise<void> {
    await Promise.all(this.reading);
    this.flush();
  }

  private log(level: Entry['level'], given: readonly unknown[]): void {
    const values = formatted(given);
    const id = this.made++;
    const figures: string[] = [];
    const words: unknown[] = values.filter((value) => !isFigure(value));
    const draws = values.filter(isFigure).map(async (figure, place) => {
      const svg = await renderFigureSvg(figure).catch((error: unknown) => String(error));
      if (!svg.startsWith('<svg')) words.push(svg);
      else if (svg.length <= MOST_FIGURE) figures[place] = svg;
      else words.push(`(a figure of ${(svg.length / 1e6).toFixed(0)} MB is too large to show: give it fewer points)`);
    });
    // Asked for now: the next step may overwrite what a tensor stands for.
    const texts = new Map<Tensor, string>();
    const reads = [...draws, ...tensorsIn(words).map(async (tensor) => void texts.set(tensor, await read(tensor)))];
    const text = () => clipped(inspectAll(words, (value) => (value instanceof Tensor ? (texts.get(value) ?? String(value)) : undefined)));
    this.add({ id, level, text: text(), figures: [] });
    if (reads.length === 0) return;
    const done: Promise<void> = Promise.all(reads).then(() => {
      // Those that could be drawn, in their order.
      this.add({ id, level, text: text(), figures: Object.values(figures) });
      this.reading.delete(done);
    });
    this.reading.add(done);
  }

  private add(entry: Entry): void {
    this.entries.push(entry);
    this.added += entry.figures.reduce((sum, svg) => sum + svg.length, entry.text.length);
    if (this.entries.length >= 2 * MOST_A_BUNDLE || this.added > LOOK_AFTER) this.trim();
    // A program that never yields still gets its entries out: no timer runs there.
    if (now() - this.sent >= BUNDLE_MILLISECONDS) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), BUNDLE_MILLISECONDS);
  }

  private trim(): void {
    const kept = newest(this.entries, MOST_A_BUNDLE);
    this.dropped += this.entries.length - kept.length;
    this.entries = [...kept];
    this.added = 0;
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.sent = now();
    this.trim();
    if (this.entries.length === 0) return;
    this.send(this.entries, this.dropped);
    this.entries = [];
    this.dropped = 0;
  }
}

/** The places of a first text (`%s`, `%d`, `%i`, `%f`, `%o`) filled with the values behind it, as consoles do; colours by `%c` are dropped. */
function formatted([first, ...rest]: readonly unknown[]): readonly unknown[] {
  if (typeof first !== 'string' || rest.length === 0) return rest.length === 0 && first === undefined ? [] : [first, ...rest];
  const text = first.replace(/%[sdifoOc%]/g, (place) => {
    if (place === '%%') return '%';
    const value = rest[0];
    if (rest.length === 0 || typeof value === 'object') return place;
    rest.shift();
    if (place === '%c') return '';
    if (place === '%d' || place === '%i') return String(Math.trunc(Number(value)));
    return place === '%f' ? String(Number(value)) : String(value);
  });
  return [text, ...rest];
}

const KINDS: readonly Figure['panels'][number]['kind'][] = ['chart', 'pictures', 'matrix', 'text'];

export function isFigure(value: unknown): value is Figure {
  if (typeof value !== 'object' || value === null) return false;
  const { title, panels } = value as Partial<Figure>;
  return typeof title === 'string' && Array.isArray(panels) && panels.every(({ kind }) => KINDS.includes(kind));
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
