// Questions to a project's interaction, and what is known from their answers. One is under way at a time; of those that come meanwhile the newest
// counts.
import { signal } from '@preact/signals';
import type { InputValues, Offers } from '../../../src/train/input.ts';
import type { CatalogueEntry } from '../catalogue.ts';
import type { Command, ErrorReport, Report, ShownPart } from '../protocol.ts';
import { isActive, type RunState } from './run-state.ts';

export type Answer = { readonly parts: readonly ShownPart[] } | { readonly error: ErrorReport };

/** Whose weights answer: those that come with the project, the run at work, or the run that is shown. */
export type Source = 'project' | 'live' | 'stored';

/** Undefined where there is nothing to play with, or not yet. */
export function sourceOf({ starter, weights, interaction }: CatalogueEntry, { phase, run, resumable }: RunState): Source | undefined {
  if (!interaction) return undefined;
  if (isActive(phase)) return run === undefined ? undefined : 'live';
  if (run !== undefined && resumable) return 'stored';
  return starter || !weights ? 'project' : undefined;
}

/** A run at work is asked again and again while a person looks on: that takes one part in so many of its time, or where answers are slow, in so many. */
const [SHARE, SLOW_SHARE] = [25, 10];
/** Milliseconds between slow answers, unless they are very slow. */
const SLOW_REST = 15_000;
/** Milliseconds. */
const LEAST_REST = 600;
/** Seconds that a first answer counts as, at the most: kernels are compiled for it, and by what that took the next would come after minutes. */
const MOST_FIRST = 0.6;

/** Seconds that answers of a kind take: of the last two the lesser, since one may have had kernels to compile. */
class Duration {
  seconds = 0;
  private last = MOST_FIRST;

  add(seconds: number): void {
    this.seconds = Math.min(seconds, this.last);
    this.last = seconds;
  }
}

type Answered = Extract<Report, { type: 'answer' | 'surface' | 'noAnswer' }>;

export class Playing {
  /** What the interaction's inputs have to choose from; undefined until it is ready. */
  readonly offers = signal<Offers | undefined>(undefined);
  readonly answer = signal<Answer | undefined>(undefined);
  /** Whether a newer answer than that is on its way, to what a person has done. */
  readonly asking = signal(false);
  /** A drawing to fill a plane with. */
  readonly surface = signal<string | undefined>(undefined);
  /** Of the run at work: the step whose weights answered last. */
  readonly step = signal<number | undefined>(undefined);
  private asked = 0;
  /** The questions under way. */
  private id: number | undefined;
  private surfaceId: number | undefined;
  /** Whether the answer that comes is still wanted. */
  private wanted = true;
  /** Whether the question under way has no values. */
  private opening = false;
  private next: { readonly values?: InputValues } | undefined;
  private readonly took = { answer: new Duration(), surface: new Duration() };

  constructor(
    private readonly project: CatalogueEntry,
    private readonly run: () => RunState,
    private readonly send: (command: Command) => void,
  ) {}

  /** Milliseconds until a run at work may be asked again without anybody having done anything. */
  get rest(): number {
    const took = 1000 * (this.took.answer.seconds + this.took.surface.seconds);
    return Math.max(LEAST_REST, Math.min(SHARE * took, Math.max(SLOW_REST, SLOW_SHARE * took)));
  }

  /** Without values it is only made ready, and tells what it offers. */
  ask(values?: InputValues): void {
    const of = this.of();
    if (!of) return;
    if (this.id !== undefined) {
      this.next = { ...(values && { values }) };
      return;
    }
    this.id = ++this.asked;
    this.wanted = true;
    this.opening = values === undefined;
    this.asking.value = !this.opening;
    this.send({ type: 'ask', ...of, id: this.id, ...(values && { values }) });
  }

  /** Asks a run at work once more what it was asked: nobody waits for that. */
  askAgain(values: InputValues): void {
    if (this.id !== undefined) return;
    this.ask(values);
    this.asking.value = false;
  }

  askSurface(): void {
    const of = this.of();
    if (!of || this.surfaceId !== undefined) return;
    this.surfaceId = ++this.asked;
    this.send({ type: 'askSurface', ...of, id: this.surfaceId });
  }

  /** An input holds nothing any more: there is no answer to it. */
  unask(): void {
    // Whether it can be opened is always of interest.
    this.wanted = this.opening;
    this.next = undefined;
    this.answer.value = undefined;
  }

  /** Other weights are to answer from now on. */
  forget(): void {
    this.unask();
    this.offers.value = undefined;
    this.surface.value = undefined;
    this.step.value = undefined;
  }

  /** Nobody will answer what is under way. */
  stop(): void {
    this.asking.value = false;
    this.id = undefined;
    this.surfaceId = undefined;
    this.next = undefined;
  }

  receive(report: Answered): void {
    if (report.id === this.surfaceId) {
      this.surfaceId = undefined;
      if (report.type !== 'surface') return;
      this.surface.value = report.svg;
      this.took.surface.add(report.seconds);
    }
    if (report.id !== this.id) return;
    this.id = undefined;
    this.asking.value = false;
    if (!this.wanted) this.answer.value = undefined;
    else if (report.type === 'answer') {
      this.answer.value = report.parts.length > 0 ? { parts: report.parts } : undefined;
      this.step.value = report.step;
      this.took.answer.add(report.seconds);
    }
    // A run that began or ended meanwhile is no failure of the question: it is asked again.
    else if (report.type === 'noAnswer' && report.error.name !== 'Busy') this.answer.value = { error: report.error };
    const { next } = this;
    this.next = undefined;
    if (next) this.ask(next.values);
  }

  private of(): { readonly project: string; readonly run?: string } | undefined {
    const { run } = this.run();
    const source = sourceOf(this.project, this.run());
    const { name } = this.project;
    return source && (source === 'project' || run === undefined ? { project: name } : { project: name, run });
  }
}
