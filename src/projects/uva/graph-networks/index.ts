// Papers that quote each other: networks that pass messages along the quotations, against one that reads each paper by itself.
import { compile, figures, input, namesIn, option, project, sets, spread, TilegradError, tensor, tsne } from '../../../index.ts';
import { card } from './card.ts';
import { accuracyFigure, attentionFigure, type Deep, depthFigure, embeddingFigure, paperFigure, type View } from './figures.ts';
import { type Attention, meanDistance, telling } from './measures.ts';
import { GraphNetwork, type Kind, kinds, type NetworkShape, titles } from './model.ts';
import { type GraphName, graphNames, graphTitles, type Papers, papersOf, sizes } from './papers.ts';
import { type Judged, train } from './training.ts';

const times = (count: number) => Array.from({ length: count }, (_, i) => i);

/** How long the papers are arranged by what a hidden layer makes of them. */
const [LAYOUT_ROUNDS, ROUND] = [40, 10];

interface Widths {
  readonly hidden: number;
  readonly heads: number;
  readonly headWidth: number;
  readonly dropout: number;
}

const shapeOf = ({ hidden, heads, headWidth, dropout }: Widths, graph: GraphName, kind: Kind): NetworkShape => ({
  ...{ ...sizes[graph], kind, heads, dropout, layers: 2 },
  hidden: kind === 'gat' ? heads * headWidth : hidden,
});
const chosenGraphs = (text: string) => namesIn('graphs', text, graphNames) as readonly GraphName[];
const chosenModels = (text: string) => namesIn('models', text, kinds) as readonly Kind[];

/** @throws TilegradError for what is no depth */
function chosenDepths(text: string): number[] {
  return namesIn('depths', text).map((name) => {
    const depth = Number(name);
    if (Number.isInteger(depth) && depth >= 2) return depth;
    throw new TilegradError(`depths: expected whole numbers of layers from 2 on, got ${name}`);
  });
}

/** What a training leaves; of each network's first one on the first graph also what is looked at. */
interface Outcome extends Judged {
  readonly scores?: Float32Array;
  readonly hidden?: Float32Array;
  readonly attention?: Float32Array;
}

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
  model: (options) => new GraphNetwork(shapeOf(options, chosenGraphs(options.graphs)[0], chosenModels(options.models).at(-1)!)),
  inputs: ({ graphs }) => [[1, sizes[chosenGraphs(graphs)[0]].words], tensor(new Uint32Array(2), [2, 1])],
  parts({ graphs, models, seeds, depths }) {
    const shares = { mlp: 1, gcn: 1, 'sage-mean': 1.5, 'sage-max': 2, gat: 8 };
    const trainings = chosenGraphs(graphs).flatMap((graph) =>
      chosenModels(models).map((kind) => [`${graph}, ${kind}`, seeds * shares[kind]] as const),
    );
    const layers = chosenDepths(depths).reduce((sum, depth) => sum + depth, 0);
    return { ...Object.fromEntries(trainings), layout: 2, depth: (Math.min(seeds, 3) * layers) / 2 };
  },

  async run(run, options) {
    const { seeds, plotted } = options;
    const [graphs, models] = [chosenGraphs(options.graphs), chosenModels(options.models)];
    const depths = chosenDepths(options.depths);
    const accuracies: Record<string, Record<string, number[]>> = {};
    const looked: { readonly kind: Kind; readonly outcome: Outcome }[] = [];
    let first: Papers | undefined;
    for (const graph of graphs) {
      const papers = papersOf(graph, await run.data[graph]());
      const isFirst = !first;
      first ??= papers;
      accuracies[graph] = {};
      for (const kind of models) {
        const outcomes = await run.each(`${graph}, ${kind}`, times(seeds), async (run, i): Promise<Outcome> => {
          const isLooked = isFirst && i === 0;
          const model = isLooked && kind === models.at(-1) ? run.model() : new GraphNetwork(shapeOf(options, graph, kind));
          const { loss, accuracy, scores } = await train(run, model, papers, options);
          if (!isLooked) return { loss, accuracy };
          const [x, edges] = [papers.features, papers.edgeIndex];
          const inner = compile(() => [model.hidden(x, edges), model.attention(x, edges)].flatMap((each) => each ?? []))();
          const [hidden, attention] = (await Promise.all(inner.map((each) => each.data()))) as Float32Array[];
          return { loss, accuracy, scores, hidden, ...(attention && { attention }) };
        });
        accuracies[graph][kind] = outcomes.map(({ accuracy }) => accuracy);
        if (isFirst) looked.push({ kind, outcome: outcomes[0] });
        run.note(
          `${graphTitles[graph]}, ${titles[kind]}: ${figures.plusMinus(accuracies[graph][kind], { shares: true })} of the test papers`,
        );
      }
      await run.figure('accuracy', accuracyFigure(accuracies));
    }
    if (!first) return;
    const papers = first;

    const chosen = [...new Set([...papers.split.test, ...papers.labels.keys()])].filter((paper) => papers.labels[paper] >= 0);
    const laidOut = plotted > 0 ? chosen.slice(0, plotted) : chosen;
    const layouts = await run.each(
      'layout',
      looked.filter(({ kind }) => kind === 'mlp' || kind === models.at(-1)),
      async (run, { kind, outcome }) => {
        const hidden = outcome.hidden as Float32Array;
        const width = hidden.length / papers.count;
        const layout = await tsne(
          Float32Array.from(laidOut.flatMap((paper) => [...hidden.subarray(paper * width, (paper + 1) * width)])),
          width,
        );
        for await (const _ of run.steps('rounds', { count: LAYOUT_ROUNDS, keep: { layout } })) {
          for (let step = 0; step < ROUND; step++) layout.step();
        }
        return { kind, place: Float32Array.from(layout.place) };
      },
    );
    const fields = laidOut.map((paper) => papers.labels[paper]);
    await run.figure('embedding', embeddingFigure(layouts, fields, papers.names));
    const alpha = looked.find(({ outcome }) => outcome.attention)?.outcome.attention;
    const attention: Attention | undefined = alpha && { from: papers.from, to: papers.to, alpha, heads: options.heads };
    if (attention) await run.figure('attention', attentionFigure(attention, papers, telling(attention, papers.split.test)));

    await run.stage('view', async (): Promise<View> => {
      const { scores } = looked.at(-1)!.outcome as Required<Outcome>;
      const places = new Map(laidOut.map((paper, i) => [paper, i]));
      const ends = times(papers.from.length / 2).map((e) => [papers.from[e], papers.to[e]].map((paper) => places.get(paper)));
      const edges = Uint32Array.from(ends.flatMap(([a, b]) => (a === undefined || b === undefined ? [] : [a, b])));
      const { labels, names } = papers;
      return {
        papers: Uint32Array.from(laidOut),
        place: layouts.at(-1)!.place,
        edges,
        labels,
        names,
        scores,
        ...(attention && { attention }),
      };
    });

    const deep = await run.each(
      'depth',
      depths.flatMap((layers) => [false, true].flatMap((residual) => times(Math.min(seeds, 3)).map(() => ({ layers, residual })))),
      async (run, { layers, residual }): Promise<Deep> => {
        const model = new GraphNetwork({ ...shapeOf(options, graphs[0], 'gcn'), layers, residual });
        const { accuracy } = await train(run, model, papers, options);
        const hidden = compile(() => model.hidden(papers.features, papers.edgeIndex))();
        return { layers, residual, accuracy, distance: meanDistance(await hidden.data(), options.hidden) };
      },
    );
    await run.figure('depth', depthFigure(deep, graphTitles[graphs[0]]));

    const rows = Object.fromEntries(models.map((kind) => [titles[kind], kind]));
    const column = (graph: GraphName) => (kind: Kind) => figures.plusMinus(accuracies[graph][kind], { shares: true });
    const title = `Test accuracy, ${seeds === 1 ? 'one training' : `mean ± standard deviation of ${seeds} trainings`}`;
    run.table(
      'accuracy',
      figures.table(title, 'network', rows, Object.fromEntries(graphs.map((graph) => [graphTitles[graph], column(graph)]))),
    );
    const means = graphs.flatMap((graph) => models.map((kind) => [`${graph} ${kind}`, spread(accuracies[graph][kind])] as const));
    const deepest = (residual: boolean) =>
      spread(deep.filter((one) => one.layers === Math.max(...depths) && one.residual === residual).map(({ accuracy }) => accuracy)).mean;
    run.summary({
      accuracy: spread(accuracies[graphs[0]][models.at(-1)!]).mean,
      ...Object.fromEntries(
        means.flatMap(([name, { mean, deviation }]) => [
          [name, mean],
          [`${name}, deviation`, deviation],
        ]),
      ),
      'deepest GCN': deepest(false),
      'deepest GCN, residual': deepest(true),
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
      return {
        offers: {
          paper: {
            points: place,
            edges,
            classes,
            legend: names.map((name, colour) => ({ name, colour })),
            names: classes.map((field, i) => `paper ${papers[i]}, ${names[field]}`),
          },
        },
        answer: async ({ paper }) => paperFigure(view, papers[paper]),
      };
    },
  },
});
