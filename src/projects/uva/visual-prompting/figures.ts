import { type Figure, figures, wilson } from '../../../index.ts';
import { pixelPrompts } from '../../shared/clip/prompts.ts';
import type { Prompted, PromptName } from './model.ts';

/** Shares of the test pictures that are named rightly, by what is put on them. */
export type Accuracies = Readonly<Record<string, number>>;

export const [ZERO, PROBE] = ['no prompt', 'linear probe'];
const SHARE = 'test accuracy (%)';

/** The same thing has the same colour in all figures. */
const colourOf = (name: string): number =>
  name === ZERO ? figures.INK : name === PROBE ? 7 : Object.keys(pixelPrompts).findIndex((kind) => name.startsWith(kind));

/** A share of n pictures, and between which two it lies in 95 % of cases. */
export function shareOf(share: number, n: number): string {
  const [low, high] = wilson(share * n, n).map((end) => figures.fixed(100 * end, 1));
  return `${figures.percent(share)} (${low} … ${high})`;
}

/** Accuracy by the prompts' size, a line for each kind, between no prompt and the linear probe. */
export function sizesFigure(prompts: readonly PromptName[], found: Accuracies, title: string): Figure {
  const kinds = [...new Set(prompts.map(({ kind }) => kind))];
  const lines = kinds.map((kind) => {
    const own = prompts.filter((prompt) => prompt.kind === kind);
    return [kind, { x: own.map(({ size }) => size), y: own.map(({ name }) => found[name]), colour: colourOf(kind) }] as const;
  });
  const sizes = prompts.map(({ size }) => size);
  const [low, high] = [Math.min(...sizes), Math.max(...sizes) + (new Set(sizes).size === 1 ? 1 : 0)];
  const level = (name: string) => ({ ...figures.dashed([low, found[name]], [high, found[name]]), colour: colourOf(name) });
  return figures.curves(
    { ...Object.fromEntries(lines), [ZERO]: level(ZERO), [PROBE]: level(PROBE) },
    { title, x: 'width of the patch or frame (pixels)', y: SHARE },
  );
}

/** What has been learned: every prompt alone, grey where it does nothing. */
export async function promptsFigure(model: Prompted, prompts: readonly PromptName[], side: number): Promise<Figure> {
  const rows = await Promise.all(
    [...new Set(prompts.map(({ kind }) => kind))].map(async (kind) => {
      const own = prompts.filter((prompt) => prompt.kind === kind);
      const laid = await Promise.all(own.map(async ({ name }) => Array.from(await model.prompts[name].laid(1).data())));
      const shown = laid.flatMap((values) => {
        const strongest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
        return values.map((value) => 0.5 + value / (2 * strongest));
      });
      const shape = { width: side, height: side, channels: 3 } as const;
      return [kind, figures.pictures(shown, { ...shape, captions: own.map(({ name }) => name) })] as const;
    }),
  );
  return figures.images(Object.fromEntries(rows), {
    title: 'The prompts alone',
    columns: Math.max(...rows.map(([, pictures]) => pictures.length)),
    caption: 'Each in its own scale: grey is nothing.',
  });
}

/** Accuracy by how much noise there is on the test pictures. */
export function noiseFigure(levels: readonly number[], found: readonly Accuracies[], names: readonly string[]): Figure {
  const lines = names.map((name) => [name, { x: levels, y: found.map((each) => each[name]), colour: colourOf(name) }] as const);
  return figures.curves(Object.fromEntries(lines), {
    title: 'With noise on the test pictures',
    x: 'standard deviation of the noise, of colours 0 … 1',
    y: SHARE,
  });
}

/** Losses by step, running means. */
export function trainingFigure(losses: Readonly<Record<string, readonly number[]>>): Figure {
  const lines = Object.entries(losses).map(([name, own]) => [name, figures.runningMean([...own], Math.ceil(own.length / 25))] as const);
  return figures.curves(Object.fromEntries(lines), {
    title: 'The prompts learn',
    x: 'step',
    y: 'cross-entropy (nats)',
    caption: 'The same batches; running means of a twenty-fifth of the steps.',
  });
}

/** A picture without and with a prompt, and the likeliest classes of each. */
export function answerFigure(seen: Readonly<Record<string, Seen>>, side: number, names: readonly string[]): Figure {
  const panels = Object.entries(seen).flatMap(([title, { picture, shares }]) => {
    const best = [...shares.keys()].sort((a, b) => shares[b] - shares[a]).slice(0, 5);
    return [
      figures.images({ [title]: figures.pictures(picture, { width: side, height: side, channels: 3 }) }),
      figures.bars(
        best.map((i) => names[i]),
        { probability: best.map((i) => shares[i]) },
        { title: `${names[best[0]]} ${figures.probability(shares[best[0]])}`, y: { label: 'probability (%)', min: 0, max: 1 } },
      ),
    ];
  });
  return figures.join(panels, { columns: 2 });
}

export interface Seen {
  /** As the network gets it, in colours 0 … 1. */
  readonly picture: ArrayLike<number>;
  readonly shares: readonly number[];
}
