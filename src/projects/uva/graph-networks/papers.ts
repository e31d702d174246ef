// A graph of papers as the networks take it.
import { type Part, TilegradError, tensor } from '../../../index.ts';

/** What the published graphs have. */
export const graphs = {
  cora: { title: 'Cora', words: 1433, classes: 7 },
  citeseer: { title: 'CiteSeer', words: 3703, classes: 6 },
} as const;
export type GraphName = keyof typeof graphs;

export type Papers = ReturnType<typeof papersOf>;

/** @throws TilegradError when words or fields aren't as many as the networks take, or a part of the split has no papers */
export function papersOf(
  name: GraphName,
  { nodes, edges }: { readonly nodes: Part<'features' | 'label' | 'split'>; readonly edges: Part<'edge'> },
) {
  const { words, classes } = graphs[name];
  const { features, label, split } = nodes.fields;
  const labels = Int32Array.from(label.data);
  const fields = 1 + labels.reduce((a, b) => Math.max(a, b));
  if (features.shape[0] !== words || fields > classes) {
    throw new TilegradError(`${name}: expected ${words} words and ${classes} fields, got ${features.shape[0]} and ${fields}`);
  }
  // Each of a paper's n words counts 1/n.
  const [rows, columns, values]: number[][] = [[], [], []];
  for (let paper = 0; paper < nodes.count; paper++) {
    const own = [...features.data.subarray(paper * words, (paper + 1) * words).entries()].filter(([, has]) => has !== 0);
    for (const [word] of own) {
      rows.push(paper);
      columns.push(word);
      values.push(1 / own.length);
    }
  }
  const ends = [0, 1].map((side) => Array.from({ length: edges.count }, (_, e) => edges.fields.edge.data[2 * e + side]));
  const of = (part: string): Part<'paper' | 'label'> => {
    const own = Array.from(labels.keys()).filter((paper) => split.names?.[split.data[paper]] === part && labels[paper] >= 0);
    if (own.length === 0) throw new TilegradError(`${name}: expected ${part} papers with a field, got none`);
    const paper = { data: Uint32Array.from(own), shape: [] };
    return { fields: { paper, label: { data: Int32Array.from(own, (paper) => labels[paper]), shape: [] } }, count: own.length };
  };
  return {
    count: nodes.count,
    /** The words that each paper has, [papers, words]. */
    features: {
      shape: [nodes.count, words] as const,
      rowIndices: tensor(Uint32Array.from(rows)),
      colIndices: tensor(Uint32Array.from(columns)),
      values: tensor(Float32Array.from(values)),
    },
    /** [2, edges]: the papers that send, the papers that receive. Who quotes and who is quoted do both. */
    edgeIndex: tensor(Uint32Array.from([...ends[0], ...ends[1], ...ends[1], ...ends[0]]), [2, 2 * edges.count]),
    /** The same, and behind them one edge from each paper to itself. */
    from: Uint32Array.from([...ends[0], ...ends[1], ...labels.keys()]),
    to: Uint32Array.from([...ends[1], ...ends[0], ...labels.keys()]),
    /** −1: none. */
    labels,
    names: label.names ?? Array.from({ length: classes }, (_, i) => `field ${i + 1}`),
    split: { train: of('train'), validation: of('validation'), test: of('test') },
  };
}
