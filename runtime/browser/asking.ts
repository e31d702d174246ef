// A project's interaction: questions answered with the weights of a stored run, of the run that is at work, or of those that come with the project.
import {
  closeDevice,
  DeviceLostError,
  manualSeed,
  randomState,
  renderFigureSvg,
  renderSurfaceSvg,
  setPlatform,
  setRandomState,
  TilegradError,
} from '../../src/index.ts';
import type { LiveRun } from '../../src/train/host.ts';
import type { Answer, AnswerPart } from '../../src/train/input.ts';
import type { Project } from '../../src/train/project.ts';
import type { ResultValues, RunConfig } from '../run/record.ts';
import { decodeStarter, untrainedPlayable } from '../run/starter.ts';
import { readConfig } from '../run/stored.ts';
import { LivePlayable, openInteraction, openLive, type Play, storedPlayable } from '../run/trained.ts';
import type { Adapters } from './adapter.ts';
import { errorReport } from './error-report.ts';
import { servedStarter } from './fetch-data.ts';
import { loadProject } from './load-project.ts';
import type { Outbox } from './outbox.ts';
import { pagePlatform } from './platform.ts';
import type { Command, ShownPart } from './protocol.ts';
import { openRun } from './run-files.ts';

type Question = Extract<Command, { type: 'ask' | 'askSurface' }>;

/** A run at work gives at most one part in so many of its time to questions. */
const SHARE = 5;

export class Asking {
  /** Whose model is ready: a project's or a stored run's name. */
  private opened: { readonly of: string; readonly play: Play } | undefined;
  /** The newest of each kind. */
  private readonly waiting = new Map<Question['type'], Question>();
  private working: Promise<void> | undefined;

  constructor(
    private readonly adapters: Adapters,
    private readonly outbox: Outbox,
  ) {}

  /** @param busy whether a run is at work: it has its questions answered by {@link LiveAsking} */
  ask(question: Question, busy: boolean): void {
    const before = this.waiting.get(question.type);
    if (before) this.refuse(before, 'Overtaken', 'A newer question came before this one was answered.');
    this.waiting.set(question.type, question);
    if (!busy) this.working ??= this.work();
  }

  /** Gives the model and the device up. What waits is for the run that begins, or is asked again. */
  async close(): Promise<void> {
    for (const question of this.waiting.values()) this.refuse(question, 'Busy', 'A run begins here.');
    this.waiting.clear();
    await this.working;
    if (this.opened) await closeDevice();
    this.opened = undefined;
  }

  /** Has `body` work on the device while no question is answered. */
  async apart(body: () => Promise<void>): Promise<void> {
    while (this.working) await this.working;
    const working = (async () => {
      if (!this.opened) setPlatform(pagePlatform(this.adapters, { kind: 'kept' }));
      await body();
      if (!this.opened) await closeDevice();
      this.working = this.isWaiting ? this.work() : undefined;
    })();
    this.working = working;
    await working;
  }

  /** The run has ended, and its device is closed: what still waits is answered with what it has left. */
  goOn(): void {
    if (this.isWaiting) this.working ??= this.work();
  }

  /** The next question: points come before surfaces. */
  next(): Question | undefined {
    for (const kind of ['ask', 'askSurface'] as const) {
      const question = this.waiting.get(kind);
      if (!question) continue;
      this.waiting.delete(kind);
      return question;
    }
    return undefined;
  }

  get isWaiting(): boolean {
    return this.waiting.size > 0;
  }

  refuse({ id }: Question, name: string, message: string): void {
    this.outbox.post({ type: 'noAnswer', id, error: { name, message } });
  }

  /** @returns the seconds that the answer took, undefined when it failed. @throws DeviceLostError */
  async answer(question: Question, play: () => Promise<Play>, step?: number): Promise<number | undefined> {
    const { id } = question;
    try {
      const { interaction } = await play();
      const began = performance.now();
      const took = () => (performance.now() - began) / 1000;
      if (question.type === 'askSurface') {
        const figure = await interaction.surface?.();
        const svg = figure && (await renderSurfaceSvg(figure));
        this.outbox.post({ type: 'surface', id, seconds: took(), ...(svg !== undefined && { svg }) });
      } else {
        const parts = question.values ? await shown(await interaction.answer(question.values)) : [];
        this.outbox.post({ type: 'answer', id, parts, seconds: took(), ...(step !== undefined && { step }) });
      }
      return took();
    } catch (error) {
      if (error instanceof DeviceLostError) throw error;
      this.outbox.post({ type: 'noAnswer', id, error: errorReport(error) });
      return undefined;
    }
  }

  /** An interaction has been made ready. */
  offer({ interaction }: Play): void {
    this.outbox.post({ type: 'offers', offers: interaction.offers ?? {} });
  }

  private async work(): Promise<void> {
    for (let question = this.next(); question; question = this.next()) {
      const { id } = question;
      const asked = question;
      try {
        await this.answer(asked, () => this.ready(asked)).catch(() => {
          // A graphics driver may take the device away while nobody asks: once more on a new one.
          this.opened = undefined;
          return this.answer(asked, () => this.ready(asked));
        });
      } catch (error) {
        this.outbox.post({ type: 'noAnswer', id, error: errorReport(error) });
      }
    }
    this.working = undefined;
  }

  private async ready({ project: name, run }: Question): Promise<Play> {
    const of = run ?? name;
    if (this.opened?.of === of) return this.opened.play;
    const open = run === undefined ? await this.comesWith(name) : await this.stored(run);
    if (this.opened) await closeDevice();
    this.opened = undefined;
    setPlatform(pagePlatform(this.adapters, { kind: 'kept' }));
    const play = await open();
    this.opened = { of, play };
    this.offer(play);
    return play;
  }

  private async stored(run: string): Promise<() => Promise<Play>> {
    const files = await openRun(run);
    const { config, project } = await readConfig(files, loadProject);
    const playable = await storedPlayable(config, files);
    return () => {
      manualSeed(config.seed);
      return openInteraction(project, playable);
    };
  }

  private async comesWith(name: string): Promise<() => Promise<Play>> {
    const project = await loadProject(name);
    const playable = project.model ? await readStarter(name) : untrainedPlayable(project);
    return () => {
      manualSeed(0);
      return openInteraction(project, playable);
    };
  }
}

async function readStarter(name: string) {
  const file = await servedStarter(name);
  if (!file) throw new TilegradError(`the weights that come with ${name} are not on this server. Train your own.`);
  return decodeStarter(file.bytes, file.source);
}

async function shown(answer: Answer): Promise<ShownPart[]> {
  const parts = (Array.isArray(answer) ? answer : [answer]) as readonly AnswerPart[];
  return Promise.all(
    parts.map(async (part): Promise<ShownPart> => {
      if (typeof part === 'string') return { text: part };
      return 'panels' in part ? { svg: await renderFigureSvg(part, { narrow: true }) } : { table: part };
    }),
  );
}

/** Questions to a run at work: answered where it stands still anyway, with the newest weights. */
export class LiveAsking {
  private opened: { readonly live: LiveRun; readonly model: unknown; readonly playable: LivePlayable; readonly play: Play } | undefined;
  /** The step whose weights it has. */
  private step = -1;
  private notBefore = 0;
  /** Its random numbers. The run's stay as they are. */
  private random: ReturnType<typeof randomState>;

  constructor(
    private readonly asking: Asking,
    private readonly project: Project,
    private readonly config: RunConfig,
  ) {
    this.random = { seed: config.seed, step: 0 };
  }

  /** Answers one question, unless the run is owed time. @param paused it stands still anyway. @returns whether there was one */
  async serve(live: LiveRun, found: ResultValues, paused: boolean): Promise<boolean> {
    const { asking, project } = this;
    if (!asking.isWaiting || (!paused && performance.now() < this.notBefore) || (project.model && !live.model)) return false;
    const question = asking.next();
    if (!question) return false;
    const outside = randomState();
    setRandomState(this.random);
    try {
      const isNew = await this.isNew(live);
      const began = performance.now();
      const seconds = await asking.answer(question, () => this.ready(live, found, isNew), live.step);
      const now = performance.now();
      // What it takes to make it ready comes once, unless it fails.
      this.notBefore = now + (isNew && seconds !== undefined ? 0 : (SHARE - 1) * (now - began));
      return true;
    } catch (error) {
      asking.refuse(question, 'Busy', 'The GPU was lost: the run goes on by itself.');
      throw error;
    } finally {
      this.random = randomState();
      setRandomState(outside);
    }
  }

  private async isNew(live: LiveRun): Promise<boolean> {
    const { opened } = this;
    return opened?.live !== live || opened.model !== live.model || (await opened.playable.isBehind());
  }

  private async ready(live: LiveRun, found: ResultValues, isNew: boolean): Promise<Play> {
    if (isNew || !this.opened) {
      const playable = new LivePlayable(this.config.options, live, found);
      const play = await openLive(this.project, playable);
      this.opened = { live, model: live.model, playable, play };
      this.asking.offer(play);
    } else if (this.step !== live.step) {
      this.opened.playable.found = found;
      await this.opened.play.refresh();
    }
    this.step = live.step;
    return this.opened.play;
  }
}
