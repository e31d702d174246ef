// A graph of papers as the networks take it.
import { type CooMatrix, type Part, type Tensor, TilegradError, tensor } from '../../../index.ts';

/** As the sets `cora` and `citeseer` are. */
interface Graph {
  readonly nodes: Part<'features' | 'label' | 'split'>;
  readonly edges: Part<'edge'>;
}

/** What the published graphs have. */
export const sizes = { cora: { words: 1433, classes: 7 }, citeseer: { words: 3703, classes: 6 } } as const;
export type GraphName = keyof typeof sizes;
export const graphNames: readonly GraphName[] = ['cora', 'citeseer'];
export const graphTitles = { cora: 'Cora', citeseer: 'CiteSeer' } as const;

const parts = ['train', 'validation', 'test'] as const;

export interface Papers {
  readonly count: number;
  /** The words that each paper has, [papers, words]: each of its n words counts 1/n. */
  readonly features: CooMatrix;
  /** [2, edges]: the papers that send, the papers that receive. Who quotes and who is quoted do both. */
  readonly edgeIndex: Tensor;
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  /** −1: none. */
  readonly labels: Int32Array;
  readonly names: readonly string[];
  readonly split: Readonly<Record<(typeof parts)[number], Uint32Array>>;
}

/** @throws TilegradError when words or fields aren't as many as the networks take, or a part of the split has no papers */
export function papersOf(name: GraphName, { nodes, edges }: Graph): Papers {
  const { words, classes } = sizes[name];
  const { features, label, split } = nodes.fields;
  const labels = Int32Array.from(label.data);
  const fields = 1 + labels.reduce((a, b) => Math.max(a, b));
  if (features.shape[0] !== words || fields > classes) {
    throw new TilegradError(`${name}: expected ${words} words and ${classes} fields, got ${features.shape[0]} and ${fields}`);
  }
  const [rows, columns, values]: number[][] = [[], [], []];
  for (let paper = 0; paper < nodes.count; paper++) {
    const before = columns.length;
    for (let word = 0; word < words; word++) if (features.data[paper * words + word] !== 0) columns.push(word);
    const own = columns.length - before;
    rows.push(...new Array<number>(own).fill(paper));
    values.push(...new Array<number>(own).fill(1 / own));
  }
  const pairs = edges.fields.edge.data;
  const end = (side: 0 | 1) => Array.from({ length: edges.count }, (_, e) => pairs[2 * e + side]);
  const [from, to] = [Uint32Array.from([...end(0), ...end(1)]), Uint32Array.from([...end(1), ...end(0)])];
  const of = (part: (typeof parts)[number]) => {
    const own = Array.from(labels.keys()).filter((paper) => split.names?.[split.data[paper]] === part && labels[paper] >= 0);
    if (own.length === 0) throw new TilegradError(`${name}: expected ${part} papers with a field, got none`);
    return [part, Uint32Array.from(own)] as const;
  };
  return {
    ...{ count: nodes.count, from, to, labels },
    features: {
      shape: [nodes.count, words],
      rowIndices: tensor(Uint32Array.from(rows)),
      colIndices: tensor(Uint32Array.from(columns)),
      values: tensor(Float32Array.from(values)),
    },
    edgeIndex: tensor(Uint32Array.from([...from, ...to]), [2, from.length]),
    names: label.names ?? Array.from({ length: classes }, (_, i) => `field ${i + 1}`),
    split: Object.fromEntries(parts.map(of)) as Papers['split'],
  };
}
