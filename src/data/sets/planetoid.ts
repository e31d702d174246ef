// The graphs that Planetoid spread: papers, the words in them, what they are about, and which quotes which.
import type { DataFile } from '../../platform.ts';
import { Random } from '../../random.ts';
import { formatError } from '../format-error.ts';
import { lines, utf8 } from '../lines.ts';
import { Known, PickleRecord, type PickleValue, readPickle } from '../weights/pickle.ts';
import { type DataSet, form, type Part, type SetFile } from './set.ts';

/**
 * `features`: u8 [words], 1 where the paper has the word; `label`: i32, −1 for none; `split`: i32, see its names. `edge`: u32 [2], two papers, the
 * smaller number first, each pair once.
 */
export type Graph = { readonly nodes: Part<'features' | 'label' | 'split'>; readonly edges: Part<'edge'> };

interface Parts {
  readonly classes: number;
  /** Of the classes, where they are known. */
  readonly names: readonly string[];
  readonly words: number;
  readonly features: readonly ArrayLike<number>[];
  readonly labels: ArrayLike<number>;
  readonly edges: Iterable<ArrayLike<number>>;
  readonly train: ArrayLike<number>;
  readonly validation: ArrayLike<number>;
  readonly test: ArrayLike<number>;
}

const splitNames = ['none', 'train', 'validation', 'test'];

function graphOf(parts: Parts, source: string): Graph {
  const { classes, names, words, features, labels, edges } = parts;
  const count = features.length;
  const expectNode = (node: number, of: string) => {
    if (!(Number.isInteger(node) && node >= 0 && node < count)) throw formatError(source, `${of} of nodes 0 to ${count - 1}`, `${node}`);
  };
  if (count === 0 || labels.length !== count || words * count > 2 ** 31)
    throw formatError(source, 'features and a label for each node', `${count} and ${labels.length}, of ${words} words`);
  const dense = new Uint8Array(count * words);
  features.forEach((row, node) => {
    for (let k = 0; k < row.length; k++) {
      const word = row[k];
      if (!(Number.isInteger(word) && word >= 0 && word < words))
        throw formatError(source, `words 0 to ${words - 1}`, `${word} in node ${node}`);
      dense[node * words + word] = 1;
    }
  });
  const label = Int32Array.from(labels);
  const wrong = label.findIndex((value) => value < -1 || value >= classes);
  if (wrong >= 0) throw formatError(source, `labels 0 to ${classes - 1}`, `${label[wrong]} for node ${wrong}`);
  const split = new Uint8Array(count);
  [parts.train, parts.validation, parts.test].forEach((nodes, i) => {
    for (let k = 0; k < nodes.length; k++) {
      expectNode(nodes[k], splitNames[i + 1]);
      split[nodes[k]] = i + 1;
    }
  });
  const seen = new Set<number>();
  for (const { 0: a, 1: b } of edges) {
    expectNode(a, 'edges');
    expectNode(b, 'edges');
    if (a !== b) seen.add(Math.min(a, b) * count + Math.max(a, b));
  }
  const pairs = [...seen].sort((a, b) => a - b).flatMap((key) => [Math.floor(key / count), key % count]);
  if (pairs.length === 0) throw formatError(source, 'at least one edge', 'none');
  return {
    nodes: {
      fields: {
        features: { data: dense, shape: [words] },
        label: { data: label, shape: [], ...(names.length === classes && { names }) },
        split: { data: split, shape: [], dtype: 'i32', names: splitNames },
      },
      count,
    },
    edges: { fields: { edge: { data: Uint32Array.from(pairs), shape: [2] } }, count: pairs.length / 2 },
  };
}

/** Both forms of it that are about: one with rows of features, one with their offsets. */
function fromJson({ bytes, source }: DataFile, names: readonly string[]): Graph {
  let found: Readonly<Record<string, unknown>>;
  try {
    found = JSON.parse(utf8(bytes, source)) as typeof found;
  } catch (error) {
    throw formatError(source, 'an object in JSON', error instanceof Error ? error.message : String(error));
  }
  const member = (...names: readonly string[]) => names.map((name) => found?.[name]).find((value) => value !== undefined);
  const numbers = (...names: readonly string[]) => {
    const value = member(...names);
    if (Array.isArray(value) && value.every((each) => typeof each === 'number')) return value as number[];
    throw formatError(source, `numbers as "${names.join('" or "')}"`, value === undefined ? 'none' : 'something else');
  };
  const size = (...names: readonly string[]) => {
    const value = member(...names);
    if (Number.isSafeInteger(value) && (value as number) > 0 && (value as number) < 2 ** 31) return value as number;
    throw formatError(source, `a whole number as "${names.join('" or "')}"`, String(value).slice(0, 40));
  };
  const rows = (name: string) => {
    const value = member(name);
    if (Array.isArray(value) && value.every((row) => Array.isArray(row) && row.every((each) => typeof each === 'number')))
      return value as number[][];
    throw formatError(source, `lists of numbers as "${name}"`, 'something else');
  };
  const csr = () => {
    const [starts, words] = [numbers('features_csr_indptr'), numbers('features_csr_indices')];
    return Array.from({ length: Math.max(0, starts.length - 1) }, (_, i) => words.slice(starts[i], starts[i + 1]));
  };
  return graphOf(
    {
      classes: size('classes', 'num_classes'),
      names,
      words: size('f', 'num_features'),
      features: member('features') === undefined ? csr() : rows('features'),
      labels: numbers('labels'),
      edges: rows('edges'),
      train: numbers('train'),
      validation: numbers('val'),
      test: numbers('test'),
    },
    source,
  );
}

const kinds = ['x', 'tx', 'allx', 'y', 'ty', 'ally', 'graph', 'test.index'] as const;
type Kind = (typeof kinds)[number];

/** As in Kipf and Welling's loader: test papers lie at the end, in the order of `test.index`; CiteSeer lacks 15 of them. */
function fromPlanetoid(files: Readonly<Record<Kind, DataFile>>, names: readonly string[]): Graph {
  const [known, tested] = [sparse(files.allx), sparse(files.tx)];
  const [labels, testLabels, trained] = [oneHot(files.ally), oneHot(files.ty), oneHot(files.y)];
  const { bytes, source } = files['test.index'];
  const order = lines(bytes, source).map((line, i) => {
    if (/^\d{1,9}$/.test(line)) return Number(line);
    throw formatError(`${source}, line ${i + 1}`, 'the number of a node', JSON.stringify(line.slice(0, 40)));
  });
  const sorted = order.toSorted((a, b) => a - b);
  const first = known.rows.length;
  const count = (sorted.at(-1) ?? 0) + 1;
  if (
    order.length !== tested.rows.length ||
    sorted[0] < first ||
    count > 2 * (first + order.length) ||
    new Set(order).size < order.length
  ) {
    throw formatError(
      source,
      `${tested.rows.length} different numbers from ${first} on`,
      `${order.length} from ${sorted[0]} to ${count - 1}`,
    );
  }
  const features: ArrayLike<number>[] = Array.from({ length: count }, (_, i) => known.rows[i] ?? []);
  const label = Int32Array.from({ length: count }, (_, i) => labels.values[i] ?? -1);
  order.forEach((node, i) => {
    features[node] = tested.rows[i];
    label[node] = testLabels.values[i] ?? -1;
  });
  const ends = unpickled(files.graph);
  if (!(ends instanceof Map)) throw formatError(files.graph.source, 'neighbours by node', 'something else');
  const edges: number[][] = [];
  for (const [node, neighbours] of ends) {
    if (!Array.isArray(neighbours)) throw formatError(files.graph.source, 'a list of neighbours for each node', 'something else');
    for (const other of neighbours) edges.push([node as number, other as number]);
  }
  const range = (from: number, length: number) => Array.from({ length }, (_, i) => from + i);
  const validation = Math.max(0, Math.min(500, first - trained.values.length));
  return graphOf(
    {
      classes: labels.classes,
      names,
      words: known.columns,
      features,
      labels: label,
      edges,
      train: range(0, trained.values.length),
      validation: range(trained.values.length, validation),
      test: order,
    },
    files.graph.source,
  );
}

const globals = new Map<string, Known>(
  [
    new Known('scipy.sparse.csr.csr_matrix', () => new PickleRecord()),
    new Known('scipy.sparse._csr.csr_matrix', () => new PickleRecord()),
    new Known('numpy.core.multiarray._reconstruct', () => new PickleRecord()),
    new Known('numpy._core.multiarray._reconstruct', () => new PickleRecord()),
    new Known('numpy.ndarray'),
    new Known('numpy.dtype', ([type]) => (typeof type === 'string' ? { type } : null)),
    new Known('collections.defaultdict', () => new Map()),
    new Known('__builtin__.list'),
    new Known('builtins.list'),
  ].map((known) => [known.name, known]),
);

const unpickled = ({ bytes, source }: DataFile): PickleValue =>
  readPickle(bytes, 0, { file: source, global: (name) => globals.get(name), persistent: () => null }).value;

interface NumpyArray {
  readonly shape: readonly number[];
  readonly values: Int32Array | Float32Array | Float64Array;
}

const arrays = { i4: Int32Array, f4: Float32Array, f8: Float64Array } as const;

/** NumPy's state of an array: (version, shape, dtype, whether columns come first, its bytes). */
function arrayOf(value: PickleValue | undefined, source: string): NumpyArray {
  const state = value instanceof PickleRecord ? value.state : null;
  const [, shape, dtype, columnsFirst, content] = Array.isArray(state) ? state : [];
  const type = typeof dtype === 'object' && dtype !== null && 'type' in dtype ? (dtype.type as keyof typeof arrays) : undefined;
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  if (!type || !Object.hasOwn(arrays, type) || columnsFirst !== false || !Array.isArray(shape) || !(bytes instanceof Uint8Array)) {
    throw formatError(source, 'an array of NumPy with 32-bit integers or floats, rows first', 'something else');
  }
  const sizes = shape.map(Number);
  if (sizes.reduce((product, n) => product * n, 1) * arrays[type].BYTES_PER_ELEMENT !== bytes.length) {
    throw formatError(source, `an array of shape [${sizes.join(', ')}]`, `${bytes.length} bytes`);
  }
  return { shape: sizes, values: new arrays[type](Uint8Array.from(bytes).buffer) };
}

/** Rows of a sparse matrix, as the columns that are not 0. */
function sparse(file: DataFile): { readonly rows: readonly ArrayLike<number>[]; readonly columns: number } {
  const value = unpickled(file);
  const fields = value instanceof PickleRecord ? value.fields : new Map<PickleValue, PickleValue>();
  const shape = fields.get('_shape') ?? fields.get('shape');
  const [starts, columns] = ['indptr', 'indices'].map((name) => arrayOf(fields.get(name), file.source).values);
  const [count, width] = Array.isArray(shape) ? shape.map(Number) : [];
  if (!(starts.length === count + 1 && width > 0)) throw formatError(file.source, 'a sparse matrix by rows (csr_matrix)', 'something else');
  const rows = Array.from({ length: count }, (_, i) => columns.subarray(starts[i], starts[i + 1]));
  return { rows, columns: width };
}

/** Rows with a 1 at their class; a row without one has no class. */
function oneHot(file: DataFile): { readonly values: readonly number[]; readonly classes: number } {
  const { shape, values } = arrayOf(unpickled(file), file.source);
  const [count = 0, classes = 0] = shape;
  if (shape.length !== 2) throw formatError(file.source, 'rows of classes', `shape [${shape.join(', ')}]`);
  return { values: Array.from({ length: count }, (_, i) => values.subarray(i * classes, (i + 1) * classes).indexOf(1)), classes };
}

const address = 'https://raw.githubusercontent.com/tkipf/gcn/master/gcn/data/';

function planetoid(
  name: string,
  title: string,
  names: readonly string[],
  made: { readonly nodes: number; readonly words: number; readonly classes: number },
  digests: Readonly<Record<Kind, readonly [size: number, sha256: string]>>,
): DataSet<Graph> {
  const file = (kind: Kind): SetFile => ({
    path: `${name}/ind.${name}.${kind}`,
    download: { urls: [`${address}ind.${name}.${kind}`], size: digests[kind][0], sha256: digests[kind][1] },
  });
  return {
    name,
    title,
    samples: 'nodes',
    licence: 'MIT (the files)',
    source: 'https://github.com/tkipf/gcn',
    folder: name,
    forms: [
      form({
        title: "Planetoid's files",
        files: Object.fromEntries(kinds.map((kind) => [kind, file(kind)])) as Readonly<Record<Kind, SetFile>>,
        read: (files) => fromPlanetoid(files as Readonly<Record<Kind, DataFile>>, names),
      }),
      form({ title: 'JSON', files: { graph: { path: `${name}/${name}.json` } }, read: ({ graph }) => fromJson(graph, names) }),
    ],
    synthetic: { title: 'papers', make: (seed) => papers(made, seed) },
  };
}

/**
 * A graph of communities whose papers quote their own kind four times in five, and share most of their words with all others: neither words nor
 * links alone tell all classes.
 */
function papers(
  { nodes, words, classes }: { readonly nodes: number; readonly words: number; readonly classes: number },
  seed: number,
): Graph {
  const random = new Random(seed, 0, 1);
  const labels = Array.from({ length: nodes }, () => random.integer(classes));
  const members = Array.from({ length: classes }, (_, label) => [...labels.keys()].filter((node) => labels[node] === label));
  const features = labels.map((label) =>
    Array.from({ length: 10 + random.integer(16) }, () =>
      random.uniform() < 0.2 ? classes * random.integer(Math.floor(words / classes)) + label : random.integer(words),
    ),
  );
  const edges = labels.flatMap((label, node) =>
    Array.from({ length: 1 + random.integer(3) }, () => {
      const own = members[label];
      return [node, random.uniform() < 0.8 ? own[random.integer(own.length)] : random.integer(nodes)];
    }),
  );
  const train = members.flatMap((own) => own.slice(0, 20));
  const rest = [...labels.keys()].filter((node) => !train.includes(node));
  return graphOf(
    { classes, names: [], words, features, labels, edges, train, validation: rest.slice(0, 500), test: rest.slice(-1000) },
    'synthetic papers',
  );
}

/** 2,708 papers on machine learning, 1,433 words, 7 fields (Sen et al., AI Magazine 29(3), 2008; Yang, Cohen and Salakhutdinov's split, 2016). */
export const cora = planetoid(
  'cora',
  'Cora',
  ['theory', 'reinforcement learning', 'genetic algorithms', 'neural networks', 'probabilistic methods', 'case-based', 'rule learning'],
  { nodes: 2708, words: 1433, classes: 7 },
  {
    x: [22_119, '23cfa55d91c6f624233f5eb7b6e3f141f1bd2b2ae39608a63cf5d084bb27baab'],
    tx: [148_025, 'b9afbaa4a400df991f6f02ef677e1e44da55ffc04801fd02f9e673987829226a'],
    allx: [257_305, '9419ba2f26f5c35243db64aba110e0f35a04851609e0dc5433450676ca6b8543'],
    y: [4_054, '94465c14eb53e04ca262198dcbb2521ee8af60fb3f3d546cd6ca24a511b0e7d1'],
    ty: [28_135, '41f5ac76596a1699cc33f53084a2419e92961c42bb75f36fc38e616d348532ad'],
    ally: [47_959, '2b998f5cc7fedc86e7f97ca2498f47a1ffc1462c29e2d578b23bf3f62b6e7d71'],
    graph: [59_847, '58f13302f39dde8852dad6fe6d15b89b077b6d7f837626bce671ef80344b383d'],
    'test.index': [5_000, '297ce89af2b51a6a194181c7dbe1796c6a1cf9cd9349a88383b1b1e227867875'],
  },
);

/** 3,327 papers, 3,703 words, 6 fields; 15 of them have neither words nor a field. */
export const citeseer = planetoid(
  'citeseer',
  'CiteSeer',
  ['artificial intelligence', 'machine learning', 'information retrieval', 'databases', 'agents', 'human-computer interaction'],
  { nodes: 3327, words: 3703, classes: 6 },
  {
    x: [31_087, 'd20de19150741e555de0ed037195630fc194114ebc7fd72ced62810148aa22f6'],
    tx: [260_321, '539a8906a2da97628d212f2fdd668c109a8b3f0d36574b59e5d3fd5b5303da21'],
    allx: [595_021, '2ac30345d95c9ec933a817ee0bdd6a5f077f8c184a20e696910192d534414668'],
    y: [3_014, '8ba87e515d8e3ee3cf52f6d2c5b86aa73f11ecad825a808455209ec26cd54924'],
    ty: [24_135, '55e5bd1ba1e733a04598753ad1a8d57957f4b8f89e74519f41f4f4938767e4ce'],
    ally: [55_623, 'f704b2d986dde6c2669934de1f3ae5696a6cf9455c0f6b2646a2d135ea0a1c95'],
    graph: [61_987, 'd79a4ef9d3e7169aee8946145f6b7306e35bc79bffad26346cfb94e10e9912a7'],
    'test.index': [5_000, '2af990671580b6b2df5d158d1038f8292e30c9cd821b5453f399659b25b723d4'],
  },
);
