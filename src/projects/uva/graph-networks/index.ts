// Papers that quote each other: networks that pass messages along the quotations, against one that reads each paper by itself.
import { compile, figures, input, namesIn, numbersIn, option, project, sets, spread, TilegradError, tensor, tsne } from '../../../index.ts';
import { card } from './card.ts';
import { accuracyFigure, attentionFigure, depthFigure, embeddingFigure, paperFigure } from './figures.ts';
import { among, meanDistance, telling } from './measures.ts';
import { GraphNetwork, type Kind, kinds, type NetworkShape, titles } from './model.ts';
import { type GraphName, graphs, type Papers, papersOf } from './papers.ts';
import { train } from './training.ts';

const times = (count: number) => Array.from({ length: count }, (_, i) => i);

/** How long the papers are arranged by what a hidden layer makes of them. */
const [LAYOUT_ROUNDS, ROUND] = [40, 10];

type Widths = Readonly<Record<'hidden' | 'heads' | 'headWidth' | 'dropout', number>>;
const shapeOf = ({ hidden, heads, headWidth, dropout }: Widths, graph: GraphName, kind: Kind): NetworkShape => ({
  ...{ ...graphs[graph], kind, heads, dropout, layers: 2 },
  hidden: kind === 'gat' ? heads * headWidth : hidden,
});

/** What is to be compared. @throws TilegradError for graphs and models that there aren't, and for what is no depth */
function chosen(options: Readonly<Record<'graphs' | 'models' | 'depths', string>>) {
  const depths = numbersIn('depths', options.depths, { min: 2, integer: true });
  const names = namesIn('graphs', options.graphs, Object.keys(graphs)) as readonly GraphName[];
  return { names, models: namesIn('models', options.models, kinds) as readonly Kind[], depths };
}

/** What a trained network leaves to be looked at: log-probabilities [papers, classes], what its hidden layer gives, and a GAT's attention there. */
type Looked = Readonly<Record<'scores' | 'hidden', Float32Array>> & { readonly attention?: Float32Array };

async function lookInto(model: GraphNetwork, { features: x, edgeIndex: edges }: Papers): Promise<Looked> {
  const all = () => [model.forward(x, edges).logSoftmax(1), model.hidden(x, edges), model.attention(x, edges)];
  const found = compile(() => all().flatMap((each) => each ?? []))();
  const [scores, hidden, attention] = (await Promise.all(found.map((each) => each.data()))) as Float32Array[];
  return { scores, hidden, ...(attention && { attention }) };
}

/** What a run leaves for whoever asks about single papers: those that are laid out, where, and edges [edges, 2] between their places. */
type View = Parameters<typeof paperFigure>[0] & Readonly<Record<'papers' | 'edges', Uint32Array>> & { readonly place: Float32Array };

export const graphNetworks = project({
  ...card,
  data: { cora: sets.cora, citeseer: sets.citeseer },
  options: {
    graphs: option.text('all', 'cora, citeseer, or all'),
    models: option.text('all', `${kinds.join(', ')}, or all`),
    seeds: option.integer(3, 'trainings of each network, from different starting weights', { min: 1, time: 'grows' }),
    hidden: option.integer(16, 'width of the hidden layer of all networks but GAT', { min: 1 }),
    heads: option.integer(8, "heads of a GAT's hidden layer", { min: 1 }),
    headWidth: option.integer(8, 'width of each of them', { min: 1 }),
    dropout: option.number(0.6, "probability of dropping a layer's input or an attention weight", { min: 0, max: 0.95, time: 'same' }),
    epochs: option.integer(100, 'steps of a training, each on the whole graph', { min: 1, time: 'grows' }),
    patience: option.integer(100, 'end a training after so many epochs without a better one on the validation papers', { min: 1 }),
    lr: option.number(0.01, 'learning rate', { min: 0, time: 'same' }),
    weightDecay: option.number(5e-4, 'pull of the weights towards 0', { min: 0, time: 'same' }),
    depths: option.text('2, 4, 8, 16', 'numbers of layers of the GCNs that show over-smoothing'),
    plotted: option.integer(0, 'lay out only so many papers, test papers first (0: all)', { min: 0 }),
  },
  presets: {
    quick: { graphs: 'cora', models: 'mlp, gcn, gat', seeds: 1, epochs: 50, lr: 0.02, depths: '2, 8', plotted: 1000 },
    full: { seeds: 10, epochs: 200, depths: '2, 3, 4, 6, 8, 12, 16' },
    smallest: { graphs: 'cora', models: 'gcn, gat', seeds: 1, hidden: 4, heads: 2, headWidth: 2, epochs: 2, depths: '3', plotted: 60 },
  },
  model(options) {
    const { names, models } = chosen(options);
    return new GraphNetwork(shapeOf(options, names[0], models.at(-1)!));
  },
  inputs: (options) => [[1, graphs[chosen(options).names[0]].words], tensor(new Uint32Array(2), [2, 1])],
  parts(options) {
    const { names, models, depths } = chosen(options);
    const shares = { mlp: 1, gcn: 1, 'sage-mean': 1.5, 'sage-max': 2, gat: 8 };
    const trainings = names.flatMap((graph) => models.map((kind) => [`${graph}, ${kind}`, options.seeds * shares[kind]] as const));
    const layers = depths.reduce((sum, depth) => sum + depth, 0);
    return { ...Object.fromEntries(trainings), layout: 2, depth: (Math.min(options.seeds, 3) * layers) / 2 };
  },

  async run(run, options) {
    const { seeds, plotted } = options;
    const { names, models, depths } = chosen(options);
    const [first, last] = [names[0], models.at(-1)!];
    const accuracies: Record<string, Record<string, number[]>> = {};
    const shown = (values: readonly number[]) => figures.plusMinus(values, { shares: true });
    const looked = new Map<Kind, Looked>();
    const opened: Papers[] = [];
    for (const graph of names) {
      const papers = papersOf(graph, await run.data[graph]());
      opened.push(papers);
      accuracies[graph] = {};
      for (const kind of models) {
        const outcomes = await run.each(`${graph}, ${kind}`, times(seeds), async (run, i) => {
          const isLooked = graph === first && i === 0;
          const model = isLooked && kind === last ? run.model() : new GraphNetwork(shapeOf(options, graph, kind));
          const { accuracy } = await train(run, model, papers, options);
          return { accuracy, ...(isLooked && { looked: await lookInto(model, papers) }) };
        });
        accuracies[graph][kind] = outcomes.map(({ accuracy }) => accuracy);
        if (outcomes[0].looked) looked.set(kind, outcomes[0].looked);
        run.note(`${graphs[graph].title}, ${titles[kind]}: ${shown(accuracies[graph][kind])} of the test papers`);
      }
      await run.figure('accuracy', accuracyFigure(accuracies));
    }

    // What is looked at is the first graph.
    const [papers] = opened;
    const { labels } = papers;
    const tested = papers.split.test.fields.paper.data;
    const known = [...new Set([...tested, ...labels.keys()])].filter((paper) => labels[paper] >= 0);
    const laidOut = plotted > 0 ? known.slice(0, plotted) : known;
    const arranged = models.filter((kind) => kind === 'mlp' || kind === last);
    const layouts = await run.each('layout', arranged, async (run, kind) => {
      const { hidden } = looked.get(kind) as Looked;
      const width = hidden.length / papers.count;
      const points = laidOut.flatMap((paper) => [...hidden.subarray(paper * width, (paper + 1) * width)]);
      const layout = await tsne(Float32Array.from(points), width);
      for await (const _ of run.steps('rounds', { count: LAYOUT_ROUNDS, keep: { layout } })) {
        for (let step = 0; step < ROUND; step++) layout.step();
      }
      return { kind, place: Float32Array.from(layout.place) };
    });
    const fields = laidOut.map((paper) => labels[paper]);
    await run.figure('embedding', embeddingFigure(layouts, fields, papers.names));
    const alpha = looked.get('gat')?.attention;
    const attention = alpha && { from: papers.from, to: papers.to, alpha, heads: options.heads };
    if (attention) await run.figure('attention', attentionFigure(attention, papers, telling(attention, tested)));

    await run.stage('view', async (): Promise<View> => {
      const places = new Map(laidOut.map((paper, i) => [paper, i]));
      const ends = times(papers.edgeIndex.shape[1] / 2).map((e) => [papers.from[e], papers.to[e]].map((paper) => places.get(paper)));
      const edges = ends.flatMap(([a, b]) => (a === undefined || b === undefined ? [] : [a, b]));
      const { scores } = looked.get(last) as Looked;
      return {
        ...{ papers: Uint32Array.from(laidOut), place: layouts.at(-1)!.place, edges: Uint32Array.from(edges) },
        ...{ labels, names: papers.names, scores, ...(attention && { attention: among(attention, places) }) },
      };
    });

    const shapes = depths.flatMap((layers) =>
      [false, true].flatMap((residual) => times(Math.min(seeds, 3)).map(() => ({ layers, residual }))),
    );
    const deep = await run.each('depth', shapes, async (run, shape) => {
      const model = new GraphNetwork({ ...shapeOf(options, first, 'gcn'), ...shape });
      const { accuracy } = await train(run, model, papers, options);
      const hidden = compile(() => model.hidden(papers.features, papers.edgeIndex))();
      return { ...shape, accuracy, distance: meanDistance(await hidden.data(), options.hidden) };
    });
    await run.figure('depth', depthFigure(deep, graphs[first].title));

    const rows = Object.fromEntries(models.map((kind) => [titles[kind], kind]));
    const columns = names.map((graph) => [graphs[graph].title, (kind: Kind) => shown(accuracies[graph][kind])] as const);
    const title = `Test accuracy, ${seeds === 1 ? 'one training' : `mean ± standard deviation of ${seeds} trainings`}`;
    run.table('accuracy', figures.table(title, 'network', rows, Object.fromEntries(columns)));
    const found = names.flatMap((graph) =>
      models.flatMap((kind) => {
        const { mean, deviation } = spread(accuracies[graph][kind]);
        return Object.entries({ [`${graph} ${kind}`]: mean, [`${graph} ${kind}, deviation`]: deviation });
      }),
    );
    const deepest = (residual: boolean) =>
      spread(deep.filter((one) => one.layers === Math.max(...depths) && one.residual === residual).map(({ accuracy }) => accuracy)).mean;
    run.summary({
      ...{ accuracy: spread(accuracies[first][last]).mean, ...Object.fromEntries(found) },
      ...{ 'deepest GCN': deepest(false), 'deepest GCN, residual': deepest(true) },
    });
  },

  interaction: {
    title: 'Ask about a paper',
    help: 'Each point is a paper, lines are quotations. Choose one: what the network takes it for, and which of its neighbours it listened to.',
    inputs: { paper: input.node({ label: 'Paper' }) },
    async open({ result }) {
      const view = (await result('view')) as View | undefined;
      if (!view) throw new TilegradError('The papers are laid out once all networks are trained.');
      const { papers, place, edges, labels, names } = view;
      const classes = Array.from(papers, (paper) => labels[paper]);
      const legend = names.map((name, colour) => ({ name, colour }));
      return {
        offers: {
          paper: { points: place, edges, classes, legend, names: classes.map((field, i) => `paper ${papers[i]}, ${names[field]}`) },
        },
        answer: async ({ paper }) => paperFigure(view, papers[paper]),
      };
    },
  },
});
