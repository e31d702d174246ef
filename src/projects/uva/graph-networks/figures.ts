// What the networks reach, where they lay the papers, whom they attend to, and what depth does to them.
import { type Figure, figures, spread } from '../../../index.ts';
import { type Attention, attentionTo, neighbourhood } from './measures.ts';
import { type Kind, titles } from './model.ts';
import { type GraphName, graphTitles, type Papers } from './papers.ts';

/** Test accuracies by graph, then by network: a number for each training. */
export type Accuracies = Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;

export function accuracyFigure(found: Accuracies): Figure {
  const kinds = Object.keys(Object.values(found)[0]) as Kind[];
  const runs = Object.values(found)[0][kinds[0]].length;
  const bars = Object.entries(found).map(([graph, byKind]) => {
    const each = kinds.map((kind) => spread(byKind[kind]));
    const [y, low, high] = [0, -1, 1].map((side) => each.map(({ mean, deviation }) => mean + side * deviation));
    return [graphTitles[graph as GraphName], runs > 1 ? { y, low, high } : { y }] as const;
  });
  return figures.bars(
    kinds.map((kind) => titles[kind]),
    Object.fromEntries(bars),
    {
      title: 'What a paper is about, by its words and by the graph',
      y: { label: 'test accuracy (%)', min: 0, max: 1 },
      caption: `Shares of the test papers. ${runs > 1 ? `Mean of ${runs} trainings; whiskers: ± one standard deviation.` : 'One training.'} The MLP looks at a paper's own words alone.`,
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

const short = (name: string) => (name.length > 24 ? `${name.slice(0, 23)}…` : name);

/** Attention of one paper to itself and its neighbours, a column a head, held against what each would get were all alike. */
function neighboursFigure(attention: Attention, paper: number, nameOf: (paper: number) => string): Figure {
  const all = neighbourhood(attention, paper);
  const more = (weight: number) => 100 * (weight * all.length - 1);
  const mean = (weights: readonly number[]) => weights.reduce((sum, weight) => sum + weight / weights.length, 0);
  const [itself, ...others] = all;
  const shown = [itself, ...others.sort((a, b) => mean(b.weights) - mean(a.weights)).slice(0, 11)];
  return figures.matrix(
    shown.flatMap(({ weights }) => [...weights, mean(weights)].map(more)),
    {
      title: `Paper ${paper}`,
      rows: shown.map(({ paper }, i) => (i === 0 ? `itself: ${short(nameOf(paper))}` : short(nameOf(paper)))),
      columns: [...itself.weights.map((_, head) => String(head + 1)), 'mean'],
      ...{ x: 'head; % more or less than alike', digits: 0 },
    },
  );
}

export function attentionFigure(attention: Attention, { labels, names }: Papers, paper: number): Figure {
  const heads = Array.from({ length: attention.heads }, (_, head) => String(head + 1));
  const found = Object.entries(attentionTo(attention, labels));
  const bars = Object.fromEntries(found.map(([group, multiples]) => [group, multiples.map((multiple) => multiple - 1)]));
  return figures.join(
    [
      figures.bars(heads, bars, { title: 'All papers', x: 'head', y: 'more or less than alike (%)' }),
      neighboursFigure(attention, paper, (other) => names[labels[other]] ?? 'unknown'),
    ],
    {
      ...{ title: 'Whom a paper listens to', columns: 1 },
      caption: `Attention of the GAT's hidden layer, by how much it is above or below what each would get were all alike. Above: the mean for a paper itself, for neighbours of its own field and for those of others. Below: one paper (${names[labels[paper]]}) and its neighbours, by their true fields.`,
    },
  );
}

/** One training of a deep network. */
export interface Deep {
  readonly layers: number;
  readonly residual: boolean;
  readonly accuracy: number;
  readonly distance: number;
}

export function depthFigure(found: readonly Deep[], graph: string): Figure {
  const depths = [...new Set(found.map(({ layers }) => layers))];
  const ticks = depths.map(String);
  const trainings = found.filter(({ layers, residual }) => layers === depths[0] && !residual).length;
  const repeated = trainings > 1 ? trainings : 0;
  const line = (residual: boolean, of: 'accuracy' | 'distance') => {
    const runs = depths.map((depth) => found.filter((one) => one.layers === depth && one.residual === residual).map((one) => one[of]));
    const byRun = runs[0].map((_, i) => runs.map((values) => values[i]));
    return { ...figures.spread(byRun), x: depths.map((_, i) => i) };
  };
  const panel = (title: string, of: 'accuracy' | 'distance', y: string, legend: boolean) =>
    figures.curves(
      { GCN: line(false, of), 'with residual connections': line(true, of) },
      {
        ...{ title, legend },
        x: { label: 'layers', ticks },
        y: { label: y, min: 0, max: 1 },
      },
    );
  return figures.join(
    [panel('Accuracy', 'accuracy', 'test accuracy (%)', true), panel('How far apart papers are', 'distance', 'mean of 1 − cosine', false)],
    {
      title: 'Too many layers smooth everything out',
      caption: `GCN on ${graph} by its number of layers${repeated ? `; means of ${repeated} trainings, bands: ± one standard deviation` : ''}. Right: between the last hidden layer's outputs of all pairs of papers; at 0 all look the same. Residual connections (appendix B of arXiv 1609.02907) hand on what a layer was given.`,
    },
  );
}

/** What a run leaves for whoever asks about single papers. */
export interface View {
  /** Those that are laid out, and where: [n, 2]. */
  readonly papers: Uint32Array;
  readonly place: Float32Array;
  /** [edges, 2], between places in `papers`. */
  readonly edges: Uint32Array;
  readonly labels: Int32Array;
  readonly names: readonly string[];
  /** Log-probabilities [all papers, classes]. */
  readonly scores: Float32Array;
  readonly attention?: Attention;
}

/** What the network says of one paper, and whom it listened to. */
export function paperFigure({ labels, names, scores, attention }: View, paper: number): Figure {
  const shares = names.map((_, field) => Math.exp(scores[paper * names.length + field]));
  const nameOf = (other: number) => names[labels[other]] ?? 'unknown';
  const bars = figures.bars(
    names.map(short),
    { probability: shares },
    { title: 'Its field', y: { label: 'probability (%)', min: 0, max: 1 } },
  );
  const likeliest = names[shares.indexOf(Math.max(...shares))];
  return figures.join(attention ? [bars, neighboursFigure(attention, paper, nameOf)] : [bars], {
    columns: 1,
    title: `Paper ${paper}: ${figures.probability(Math.max(...shares))} ${likeliest}`,
    caption: `It is about ${nameOf(paper)}. Its neighbours are named by their true fields; the network was told few of them.`,
  });
}
