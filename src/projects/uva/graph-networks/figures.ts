// What the networks reach, where they lay the papers, whom they attend to, and what depth does to them.
import { type Figure, figures } from '../../../index.ts';
import { type Attention, attentionTo, neighbourhood } from './measures.ts';
import { type Kind, titles } from './model.ts';
import { type GraphName, graphs, type Papers } from './papers.ts';

/** Test accuracies by graph, then by network: a number for each training. */
export type Accuracies = Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;

export function accuracyFigure(found: Accuracies): Figure {
  const networks = Object.keys(Object.values(found)[0]) as Kind[];
  const trainings = Object.values(found)[0][networks[0]].length;
  const bars = Object.entries(found).map(([graph, byKind]) => {
    const each = Array.from({ length: trainings }, (_, i) => networks.map((kind) => byKind[kind][i]));
    return [graphs[graph as GraphName].title, figures.spread(each)] as const;
  });
  return figures.bars(
    networks.map((kind) => titles[kind]),
    Object.fromEntries(bars),
    {
      title: 'What a paper is about, by its words and by the graph',
      y: { label: 'test accuracy (%)', min: 0, max: 1 },
      caption: `Shares of the test papers. ${trainings > 1 ? `Mean of ${trainings} trainings; whiskers: ± one standard deviation.` : 'One training.'} The MLP looks at a paper's own words alone.`,
    },
  );
}

/** A network's layout of papers, [n, 2]. */
export interface Layout {
  readonly kind: Kind;
  readonly place: ArrayLike<number>;
}

export function embeddingFigure(layouts: readonly Layout[], labels: readonly number[], names: readonly string[]): Figure {
  const unmarked = { label: '', ticks: [] as string[] };
  return figures.join(
    layouts.map(({ kind, place }) => figures.scatter(place, labels, { title: titles[kind], names, axes: [unmarked, unmarked] })),
    {
      title: 'Where the hidden layer puts the papers',
      caption: `t-SNE of the hidden layer's outputs for ${labels.length} papers of the first graph, by their true fields. Few of these were told in training.`,
    },
  );
}

const short = (name = 'unknown') => (name.length > 24 ? `${name.slice(0, 23)}…` : name);

/** What figures of single papers are made of. */
type Known = Pick<Papers, 'labels' | 'names'>;

/** Attention of one paper to itself and its neighbours, a column a head, held against what each would get were all alike. */
function neighboursFigure(attention: Attention, paper: number, { labels, names }: Known): Figure {
  const [itself, ...others] = neighbourhood(attention, paper);
  const shown = [itself, ...others.toSorted((a, b) => b.mean - a.mean).slice(0, 11)];
  const more = (weight: number) => 100 * (weight * (others.length + 1) - 1);
  return figures.matrix(
    shown.flatMap(({ weights, mean }) => [...weights, mean].map(more)),
    {
      title: `Paper ${paper}`,
      rows: shown.map(({ paper }, i) => `${i === 0 ? 'itself: ' : ''}${short(names[labels[paper]])}`),
      columns: [...itself.weights.map((_, head) => String(head + 1)), 'mean'],
      ...{ x: 'head; % more or less than alike', digits: 0 },
    },
  );
}

export function attentionFigure(attention: Attention, known: Known, paper: number): Figure {
  const heads = Array.from({ length: attention.heads }, (_, head) => String(head + 1));
  const found = Object.entries(attentionTo(attention, known.labels));
  const bars = Object.fromEntries(found.map(([group, multiples]) => [group, multiples.map((multiple) => multiple - 1)]));
  return figures.join(
    [
      figures.bars(heads, bars, { title: 'All papers', x: 'head', y: 'more or less than alike (%)' }),
      neighboursFigure(attention, paper, known),
    ],
    {
      ...{ title: 'Whom a paper listens to', columns: 1 },
      caption: `Attention of the GAT's hidden layer, by how much it is above or below what each would get were all alike. Above: the mean for a paper itself, for neighbours of its own field and for those of others. Below: one paper (${known.names[known.labels[paper]]}) and its neighbours, by their true fields.`,
    },
  );
}

/** One training of a GCN of so many layers, and how far apart its last hidden layer holds the papers. */
export interface Deep {
  readonly layers: number;
  readonly residual: boolean;
  readonly accuracy: number;
  readonly distance: number;
}

export function depthFigure(found: readonly Deep[], graph: string): Figure {
  const depths = [...new Set(found.map(({ layers }) => layers))];
  const of = (depth: number, residual: boolean) => found.filter((one) => one.layers === depth && one.residual === residual);
  const trainings = of(depths[0], false).length;
  const panel = (title: string, measure: 'accuracy' | 'distance', label: string) => {
    const line = (residual: boolean) => {
      const each = Array.from({ length: trainings }, (_, i) => depths.map((depth) => of(depth, residual)[i][measure]));
      return { ...figures.spread(each), x: depths.map((_, i) => i) };
    };
    const axes = { x: { label: 'layers', ticks: depths.map(String) }, y: { label, min: 0, max: 1 } };
    const lines = { GCN: line(false), 'with residual connections': line(true) };
    return figures.curves(lines, { title, ...axes, legend: measure === 'accuracy' });
  };
  const bands = trainings > 1 ? `; means of ${trainings} trainings, bands: ± one standard deviation` : '';
  return figures.join(
    [panel('Accuracy', 'accuracy', 'test accuracy (%)'), panel('How far apart papers are', 'distance', 'mean of 1 − cosine')],
    {
      title: 'Too many layers smooth everything out',
      caption: `GCN on ${graph} by its number of layers${bands}. Right: between the last hidden layer's outputs of all pairs of papers; at 0 all look the same. Residual connections (appendix B of arXiv 1609.02907) hand on what a layer was given.`,
    },
  );
}

/** What the network says of one paper by its log-probabilities [papers, classes], and whom it listened to. */
export function paperFigure(known: Known & { readonly scores: Float32Array; readonly attention?: Attention }, paper: number): Figure {
  const { labels, names, scores, attention } = known;
  const shares = names.map((_, field) => Math.exp(scores[paper * names.length + field]));
  const best = shares.indexOf(Math.max(...shares));
  const y = { label: 'probability (%)', min: 0, max: 1 };
  const bars = figures.bars(names.map(short), { probability: shares }, { title: 'Its field', y });
  return figures.join(attention ? [bars, neighboursFigure(attention, paper, known)] : [bars], {
    columns: 1,
    title: `Paper ${paper}: ${figures.probability(shares[best])} ${names[best]}`,
    caption: `It is about ${names[labels[paper]] ?? 'unknown'}. Its neighbours are named by their true fields; the network was told few of them.`,
  });
}
