import { type Figure, figures } from '../../../index.ts';
import { DeepPrompt, type Prompt } from './model.ts';

/** The same thing has the same colour in all figures. */
const colourOf = (name: string): number => (name === 'zero-shot' ? figures.INK : name === 'padding' ? 1 : 0);

/** Test accuracies of prompts: by the block that tokens stand before, and by how many stand before the best, each with zero-shot and the frame. */
export function accuracyFigure(prompts: readonly (Prompt | undefined)[], accuracies: readonly number[], best: DeepPrompt): Figure {
  const [zeroShot, padding] = accuracies;
  const points = prompts.flatMap((prompt, i) =>
    prompt instanceof DeepPrompt ? [{ block: prompt.block, tokens: prompt.count, y: accuracies[i] }] : [],
  );
  const panel = (x: 'block' | 'tokens', shown: typeof points, words: { readonly title: string; readonly legend?: false }) => {
    const ordered = shown.toSorted((a, b) => a[x] - b[x]);
    const places = ordered.map((point) => point[x]);
    const [from, to] = [places[0], Math.max(places[0] + 1, places.at(-1)!)];
    const lines = {
      tokens: { x: places, y: ordered.map(({ y }) => y), colour: colourOf('tokens') },
      padding: { x: [from, to], y: [padding, padding], colour: colourOf('padding') },
      'zero-shot': figures.dashed([from, zeroShot], [to, zeroShot]),
    };
    return figures.curves(lines, { ...words, x: x === 'block' ? 'before block' : 'tokens', y: 'test accuracy (%)' });
  };
  const blocks = points.filter(({ tokens }) => tokens === best.count);
  const counts = points.filter(({ block }) => block === best.block);
  return figures.join(
    [
      panel('block', blocks, { title: `${best.count} tokens` }),
      panel('tokens', counts, { title: `Before block ${best.block}`, legend: false }),
    ],
    {
      title: 'Where the tokens stand, and how many',
      caption: 'The frame has no block and no tokens. Dashed: the frozen network as it is. The block was chosen on validation pictures.',
    },
  );
}

/** Losses by step, each a running mean. */
export function trainingFigure(losses: Readonly<Record<string, readonly number[]>>): Figure {
  const smooth = Object.entries(losses).map(
    ([name, own]) => [name, figures.runningMean(own, Math.max(1, Math.ceil(own.length / 25)))] as const,
  );
  return figures.curves(Object.fromEntries(smooth), {
    ...{ title: 'Prompts in training', x: 'step', y: 'cross-entropy (nats)' },
    caption: 'The same batches; each a running mean of a twenty-fifth of the steps.',
  });
}

/** Accuracies by the noise's deviation. */
export function noiseFigure(levels: readonly number[], accuracies: Readonly<Record<string, readonly number[]>>): Figure {
  const lines = Object.entries(accuracies).map(([name, y]) => [name, { x: levels, y, colour: colourOf(name) }] as const);
  return figures.curves(Object.fromEntries(lines), {
    ...{ title: 'Test pictures with noise', x: 'standard deviation of the noise, of colours 0 … 1', y: 'test accuracy (%)' },
    caption: 'None of the prompts has seen noise in training.',
  });
}
