import { type Figure, figures, type text } from '../../../index.ts';

type Lines = Readonly<Record<string, ArrayLike<number>>>;

/** Validation loss and accuracy by epoch, from what each network's epochs came to. */
export function trainingFigure(looks: Readonly<Record<string, readonly Readonly<Record<'loss' | 'accuracy', number>>[]>>): Figure {
  const panel = (metric: 'loss' | 'accuracy', title: string, y: string) => {
    const lines = Object.entries(looks).map(([name, found]) => [name, found.map((look) => look[metric])] as const);
    return figures.curves(Object.fromEntries(lines), { title, x: 'epoch', y, from: 0 });
  };
  return figures.join([panel('loss', 'Loss', 'cross-entropy (nats)'), panel('accuracy', 'Accuracy', 'reviews (%)')], {
    title: 'On validation reviews',
    caption: 'Epoch 0 is the beginning.',
  });
}

/** How much of a word is left so many words later, relative to the last word of all. */
export function memoryFigure(before: Lines, after: Lines): Figure {
  const panel = (title: string, lines: Lines) => {
    const back = Object.entries(lines).map(([name, norms]) => {
      const y = Array.from(norms).reverse();
      return [name, y.map((norm) => norm / y[0])] as const;
    });
    const y = { label: 'gradient, that of the last word = 1', log: true };
    return figures.curves(Object.fromEntries(back), { title, x: 'words before the end', y, from: 0 });
  };
  return figures.join([panel('Before training', before), panel('After training', after)], {
    title: 'What is left of a word when the review has been read',
    caption:
      'Norm of the gradient of the last state’s log-odds with respect to each word’s embedding; mean over the longest training reviews. A line that falls by a factor with every word is a network that forgets.',
  });
}

/** The words that tell most, where the embedding has them. Values are rows of it, one a word. */
export function embeddingFigure(
  rows: Readonly<Record<string, Float32Array>>,
  { words, label }: { readonly words: readonly string[]; readonly label: readonly number[] },
): Figure {
  const panels = Object.entries(rows).map(([title, values]) => {
    const { plane, shares } = figures.principalPlane(values, values.length / words.length);
    const side = (which: number) => {
      const own = words.flatMap((_, i) => (label[i] === which ? [i] : []));
      const along = (axis: number) => own.map((i) => plane[2 * i + axis]);
      return { style: 'points' as const, colour: which ? 0 : 1, x: along(0), y: along(1), labels: own.map((i) => words[i]) };
    };
    const own = `${title}: ${figures.percent(shares[0] + shares[1], 0)} of the variance`;
    return figures.curves({ 'of good reviews': side(1), 'of bad reviews': side(0) }, { title: own, x: 'first axis', y: 'second axis' });
  });
  return figures.join(panels, {
    title: 'The embedding’s plane',
    caption: 'The words that tell most between good and bad training reviews, in the plane in which their embeddings are spread widest.',
    columns: 1,
  });
}

export const probabilityOf = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds));

/** Words on colours by their evidence, of which there may be more than words. */
export function evidenceFigure(
  read: readonly { readonly words: readonly string[]; readonly evidence: ArrayLike<number>; readonly caption?: string }[],
  title: string,
): Figure {
  const texts = read.map(({ words, evidence, caption }) => ({
    words,
    weights: Array.from(words, (_, i) => evidence[i]),
    ...(caption && { caption }),
  }));
  return figures.heatText(texts, {
    ...{ title, positive: 'speaks for the film', negative: 'speaks against it' },
    caption: 'The colour of a word is its share in the log-odds, by integrated gradients: what would be missing without it.',
  });
}

/** What the networks make of one review, word by word. */
export function answerFigures(
  words: readonly string[],
  courses: Lines,
  { best, evidence, vocabulary }: { readonly best: string; readonly evidence: ArrayLike<number>; readonly vocabulary: text.Vocabulary },
): (Figure | string)[] {
  const share = probabilityOf(courses[best][words.length - 1]);
  const title = `${best}: ${figures.probability(Math.max(share, 1 - share))} ${share > 0.5 ? 'for' : 'against'} the film`;
  const lines = Object.entries(courses).map(([name, course]) => [name, words.map((_, i) => probabilityOf(course[i]))] as const);
  const unknown = [...new Set(words.filter((word) => !vocabulary.has(word)))];
  const y = { label: 'for the film (%)', min: 0, max: 1 };
  return [
    evidenceFigure([{ words, evidence }], title),
    figures.curves(Object.fromEntries(lines), { title: 'What they think as they read', x: 'words read', y }),
    ...(unknown.length > 0 ? [`Not in the vocabulary, read as <unk>: ${unknown.join(', ')}`] : []),
  ];
}
