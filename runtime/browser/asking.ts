// A trained project's interaction: one question after another, answered with the weights of a stored run.
import { closeDevice, DeviceLostError, manualSeed, renderFigureSvg, setPlatform } from '../../src/index.ts';
import type { AnswerPart, Opened } from '../../src/train/input.ts';
import { readConfig } from '../run/stored.ts';
import { openInteraction } from '../run/trained.ts';
import type { Adapters } from './adapter.ts';
import { errorReport } from './error-report.ts';
import { loadProject } from './load-project.ts';
import type { Outbox } from './outbox.ts';
import { pagePlatform } from './platform.ts';
import type { Command, ShownPart } from './protocol.ts';
import { openRun } from './run-files.ts';

type Question = Extract<Command, { type: 'ask' }>;

export class Asking {
  /** The run whose model is ready. */
  private opened: { readonly run: string; readonly interaction: Opened } | undefined;
  private waiting: Question | undefined;
  private working: Promise<void> | undefined;

  constructor(
    private readonly adapters: Adapters,
    private readonly outbox: Outbox,
  ) {}

  ask(question: Question, training: boolean): void {
    if (training) return this.refuse(question, 'Busy', 'A run is at work here: stop it, or wait until it has ended.');
    if (this.waiting) this.refuse(this.waiting, 'Overtaken', 'A newer question came before this one was answered.');
    this.waiting = question;
    this.working ??= this.work();
  }

  /** Gives the model and the device up. */
  async close(): Promise<void> {
    if (this.waiting) this.refuse(this.waiting, 'Busy', 'A run begins here.');
    this.waiting = undefined;
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
      this.working = this.waiting && this.work();
    })();
    this.working = working;
    await working;
  }

  private refuse({ id }: Question, name: string, message: string): void {
    this.outbox.post({ type: 'noAnswer', id, error: { name, message } });
  }

  private async work(): Promise<void> {
    for (let question = this.waiting; question; question = this.waiting) {
      this.waiting = undefined;
      const { id } = question;
      try {
        this.outbox.post({ type: 'answer', id, parts: await this.answer(question) });
      } catch (error) {
        this.outbox.post({ type: 'noAnswer', id, error: errorReport(error) });
      }
    }
    this.working = undefined;
  }

  private async answer({ run, values }: Question): Promise<ShownPart[]> {
    if (this.opened?.run !== run) this.opened = await this.open(run);
    if (!values) return [];
    try {
      return await shown(this.opened.interaction, values);
    } catch (error) {
      if (!(error instanceof DeviceLostError)) throw error;
      // A graphics driver may take the device away while nobody asks: once more on a new one.
      this.opened = undefined;
      this.opened = await this.open(run);
      return shown(this.opened.interaction, values);
    }
  }

  private async open(run: string): Promise<{ readonly run: string; readonly interaction: Opened }> {
    const files = await openRun(run);
    const { config, project } = await readConfig(files, loadProject);
    if (this.opened) await closeDevice();
    setPlatform(pagePlatform(this.adapters, { kind: 'kept' }));
    manualSeed(config.seed);
    const interaction = await openInteraction(project, config, files);
    this.outbox.post({ type: 'offers', run, offers: interaction.offers ?? {} });
    return { run, interaction };
  }
}

async function shown(interaction: Opened, values: NonNullable<Question['values']>): Promise<ShownPart[]> {
  const answer = await interaction.answer(values);
  const parts = (Array.isArray(answer) ? answer : [answer]) as readonly AnswerPart[];
  return Promise.all(
    parts.map(async (part): Promise<ShownPart> => {
      if (typeof part === 'string') return { text: part };
      return 'panels' in part ? { svg: await renderFigureSvg(part) } : { table: part };
    }),
  );
}
