import { describe, expect, it } from 'vitest';
import { ArrayDataset, DataLoader, evaluate, metrics, type Tensor, TilegradError, tensor } from '../../../src/index.ts';
import { Random } from '../../../src/random.ts';
import { countsOf, decision, matrix, mean, pairwiseAuc, pointwiseAp, rank, type Scores, softmax } from './reference.ts';

const CLASSES = 7;
const IGNORED = 255;
interface Batch {
  readonly [name: string]: Tensor;
  readonly logits: Tensor;
  readonly label: Tensor;
}

/** Samples and their logits, which know a little of the labels; some scores are equal. */
function samples(count: number, classes = CLASSES) {
  const random = new Random(count);
  const labels = Array.from({ length: count }, () => random.uint32() % classes);
  const scores: Scores = labels.map((label) =>
    Array.from({ length: classes }, (_, c) => Math.round(4 * random.normal(c === label ? 1 : 0)) / 4),
  );
  return { labels, scores };
}

/** In batches of 20 and a shorter last one. */
function* batched(scores: Scores, labels: readonly number[], size = 20): Generator<Batch> {
  for (let i = 0; i < labels.length; i += size) {
    const rows = scores.slice(i, i + size);
    const own = labels.slice(i, i + size);
    yield { logits: tensor(rows.flat(), [rows.length, rows[0].length]), label: tensor(own, [own.length], 'i32') };
  }
}

const logits = ({ logits }: Batch) => logits;
const label = ({ label }: Batch) => label;
const { labels, scores } = samples(113);
const cells = matrix(scores, labels, CLASSES);
const each = Array.from({ length: CLASSES }, (_, c) => countsOf(cells, c));
const close = (value: unknown, expected: number) => expect(value).toBeCloseTo(expected, 5);
const closeAll = (values: unknown, expected: readonly number[]) => expected.forEach((value, i) => close((values as number[])[i], value));

describe('metrics of classes', () => {
  it('count what was decided rightly, and what is among the k highest', async () => {
    const found = await evaluate(batched(scores, labels), [
      metrics.accuracy(logits, label),
      metrics.topK(3, logits, label),
      metrics.topK(CLASSES, logits, label),
    ]);
    expect(found.accuracy).toBe(mean(scores.map((row, i) => (decision(row) === labels[i] ? 1 : 0))));
    expect(found.top3).toBe(mean(scores.map((row, i) => (rank(row, labels[i]) < 3 ? 1 : 0))));
    expect(found.top7).toBe(1);
  });

  it('give the confusion matrix, precision, recall and F', async () => {
    const ratio = (a: number, b: number) => (b === 0 ? 0 : a / b);
    const f = (beta: number) =>
      each.map(({ hits, falseAlarms, missed }) => {
        const [p, r] = [ratio(hits, hits + falseAlarms), ratio(hits, hits + missed)];
        return ratio((1 + beta ** 2) * p * r, beta ** 2 * p + r);
      });
    const found = await evaluate(batched(scores, labels), [
      metrics.confusion(logits, label),
      metrics.fScore(logits, label, { beta: 2 }),
      metrics.named('each', metrics.fScore(logits, label, { average: 'none' })),
      metrics.named('micro', metrics.fScore(logits, label, { average: 'micro' })),
      metrics.named('both', metrics.fScore(logits, label, { beta: [0.1, 10] as const })),
    ]);
    for (const beta of [0.1, 10] as const) close(found[`both f${beta}`], mean(f(beta)));
    expect(found.confusion).toEqual(cells.flat());
    close(found.precision, mean(each.map(({ hits, falseAlarms }) => ratio(hits, hits + falseAlarms))));
    close(found.recall, mean(each.map(({ hits, missed }) => ratio(hits, hits + missed))));
    close(found.f2, mean(f(2)));
    closeAll(found['each f1'], f(1));
    const all = each.reduce((sum, { hits }) => sum + hits, 0) / labels.length;
    for (const name of ['micro precision', 'micro recall', 'micro f1'] as const) close(found[name], all);
  });

  it('leave a class that is nowhere out of means', async () => {
    const rows = [
      [3, 1, 0],
      [2, 1, 0],
      [0, 1, 0],
    ];
    const found = await evaluate(batched(rows, [0, 1, 1]), [
      metrics.fScore(logits, label, { average: 'none' }),
      metrics.meanIou(logits, label),
      metrics.dice(logits, label),
    ]);
    expect(found.precision).toEqual([0.5, 1, Number.NaN]);
    expect(found.iou).toEqual([0.5, 0.5, Number.NaN]);
    expect(found.meanIou).toBe(0.5);
    expect(found.dice).toBeCloseTo(2 / 3, 12);
  });

  it('count pixels, without those that are ignored', async () => {
    const random = new Random(5);
    const [n, h, w] = [3, 5, 4];
    const pixels = samples(n * h * w, 4);
    const truth = pixels.labels.map((value) => (random.uniform() < 0.2 ? IGNORED : value));
    const planes = new Float32Array(n * 4 * h * w);
    pixels.scores.forEach((row, p) =>
      row.forEach((score, c) => (planes[(Math.floor(p / (h * w)) * 4 + c) * h * w + (p % (h * w))] = score)),
    );
    const batch = { logits: tensor(planes, [n, 4, h, w]), label: tensor(truth, [n, h, w], 'u32') };
    const kept = truth.flatMap((value, i) => (value === IGNORED ? [] : [i]));
    const found = await evaluate(
      [batch],
      [
        metrics.accuracy(logits, label, { ignoreIndex: IGNORED }),
        metrics.meanIou(logits, label, { ignoreIndex: IGNORED }),
        metrics.nll(logits, label, { ignoreIndex: IGNORED }),
      ],
    );
    const own = kept.map((i) => pixels.scores[i]);
    const counts = matrix(
      own,
      kept.map((i) => truth[i]),
      4,
    );
    const iou = counts.map((_, c) => {
      const { hits, falseAlarms, missed } = countsOf(counts, c);
      return hits / (hits + falseAlarms + missed);
    });
    expect(found.accuracy).toBe(counts.reduce((sum, row, c) => sum + row[c], 0) / kept.length);
    closeAll(found.iou, iou);
    close(found.meanIou, mean(iou));
    close(found.nll, mean(kept.map((i) => -Math.log(softmax(pixels.scores[i])[truth[i]]))));
  });

  it('take one logit of two classes, with labels as floats or whole numbers', async () => {
    const margins = [2, -1, 0.5, -3, 1, -0.25];
    const truths = [1, 0, 0, 1, 1, 0];
    const batch = { logits: tensor(margins, [6, 1]), label: tensor(truths) };
    const [p, r] = [2 / 3, 2 / 3];
    const measured = [
      metrics.accuracy(logits, label),
      metrics.confusion(logits, label),
      metrics.fScore(logits, label, { average: 'binary', beta: 0.5 }),
      metrics.nll(logits, label),
      metrics.brier(logits, label),
    ];
    const found = await evaluate([batch], measured);
    const probabilities = margins.map((margin) => 1 / (1 + Math.exp(-margin)));
    close(found.accuracy, 4 / 6);
    expect(found.confusion).toEqual([2, 1, 1, 2]);
    close(found['f0.5'], (1.25 * p * r) / (0.25 * p + r));
    close(found.nll, mean(probabilities.map((q, i) => -Math.log(truths[i] ? q : 1 - q))));
    close(found.brier, mean(probabilities.map((q, i) => (q - truths[i]) ** 2)));
    expect(await evaluate([{ logits: tensor(margins), label: tensor(truths, [6], 'u32') }], measured)).toEqual(found);
  });

  it('never call NaN right', async () => {
    const batch = {
      logits: tensor([
        [Number.NaN, 1],
        [Number.NaN, Number.NaN],
        [0, 1],
      ]),
      label: tensor([0, 0, 1], [3], 'u32'),
    };
    expect(await evaluate([batch], [metrics.accuracy(logits, label), metrics.topK(2, logits, label)])).toEqual({
      accuracy: 1 / 3,
      top2: 1 / 3,
    });
    const binary = { logits: tensor([Number.NaN, Number.NaN]), label: tensor([0, 1]) };
    expect(await evaluate([binary], [metrics.accuracy(logits, label)])).toEqual({ accuracy: 0 });
  });

  it('refuse labels that are no class, and shapes that do not fit', async () => {
    const of = (values: readonly number[]) => [
      {
        logits: tensor([
          [1, 2],
          [2, 1],
        ]),
        label: tensor(values, [2], 'i32'),
      },
    ];
    for (const metric of [metrics.accuracy(logits, label), metrics.confusion(logits, label), metrics.nll(logits, label)]) {
      await expect(evaluate(of([1, 2]), [metric])).rejects.toThrow(
        'expected labels that are classes, got 1 that are none; give ignoreIndex',
      );
      await expect(evaluate(of([-1, -1]), [metric])).rejects.toThrow(TilegradError);
    }
    await expect(evaluate(of([1, -100]), [metrics.accuracy(logits, label)])).resolves.toEqual({ accuracy: 1 });
    const wrong = [
      {
        logits: tensor([
          [1, 2],
          [2, 1],
        ]),
        label: tensor([1, 0, 1], [3], 'i32'),
      },
    ];
    await expect(evaluate(wrong, [metrics.accuracy(logits, label)])).rejects.toThrow(
      'expected scores [n, classes, ..] and labels [n, ..], or both of one shape, got [2, 2] and [3]',
    );
    expect(() => metrics.accuracy(logits, label, { ignore: 255 } as never)).toThrow(
      'accuracy: there is no option ignore; there are ignoreIndex',
    );
  });
});

describe('metrics of probabilities', () => {
  const probabilities = scores.map(softmax);

  it('give likelihood, perplexity and Brier score', async () => {
    const nats = probabilities.map((row, i) => -Math.log(row[labels[i]]));
    const found = await evaluate(batched(scores, labels), [
      metrics.nll(logits, label),
      metrics.perplexity(logits, label),
      metrics.brier(logits, label),
      metrics.bitsPerDimension((batch) => batch.logits.logSumExp(1), 12),
    ]);
    close(found.nll, mean(nats));
    expect(found.perplexity).toBeCloseTo(Math.exp(mean(nats)), 4);
    close(found.brier, mean(probabilities.map((row, i) => row.reduce((sum, p, c) => sum + (p - (c === labels[i] ? 1 : 0)) ** 2, 0))));
    close(found.bitsPerDimension, mean(scores.map((row) => Math.log(row.reduce((sum, s) => sum + Math.exp(s), 0)))) / 12 / Math.LN2);
  });

  it('give the calibration error and what a reliability diagram shows', async () => {
    const bins = 6;
    const sure = probabilities.map((row) => Math.max(...row));
    const bin = sure.map((p) => Math.ceil(p * bins) - 1);
    const members = Array.from({ length: bins }, (_, b) => bin.flatMap((at, i) => (at === b ? [i] : [])));
    const right = scores.map((row, i) => (decision(row) === labels[i] ? 1 : 0));
    const found = await evaluate(batched(scores, labels), [metrics.ece(logits, label, { bins })]);
    const gaps = members.map((own) =>
      own.length ? (own.length / labels.length) * Math.abs(mean(own.map((i) => right[i])) - mean(own.map((i) => sure[i]))) : 0,
    );
    expect(found.samplesBySureness).toEqual(members.map(({ length }) => length));
    close(
      found.ece,
      gaps.reduce((a, b) => a + b),
    );
    members.forEach((own, b) => {
      if (own.length === 0) return expect((found.sureness as number[])[b]).toBeNaN();
      close((found.sureness as number[])[b], mean(own.map((i) => sure[i])));
      close((found.accuracyBySureness as number[])[b], mean(own.map((i) => right[i])));
    });
  });

  it('average anything, larger batches counting more', async () => {
    const found = await evaluate(batched(scores, labels), [
      metrics.mean((batch: Batch) => ({ loss: batch.logits.mean() })),
      metrics.means((batch: Batch) => ({ byClass: batch.logits.mean(0) })),
    ]);
    close(found.loss, mean(scores.flat()));
    closeAll(
      found.byClass,
      Array.from({ length: CLASSES }, (_, c) => mean(scores.map((row) => row[c]))),
    );
  });
});

describe('metrics of an order', () => {
  it('give the area under the curve and average precision, equal scores and all', async () => {
    const { labels: kinds, scores: rows } = samples(90, 2);
    const margin = rows.map(([a, b]) => b - a);
    const found = await evaluate(
      batched(
        margin.map((m) => [m]),
        kinds,
      ),
      [
        metrics.auc(({ logits }: Batch) => logits.reshape([-1]), label),
        metrics.averagePrecision(({ logits }: Batch) => logits.reshape([-1]), label),
      ],
    );
    expect(new Set(margin).size).toBeLessThan(margin.length / 2);
    expect(found.auc).toBeCloseTo(pairwiseAuc(margin, kinds), 12);
    expect(found.averagePrecision).toBeCloseTo(pointwiseAp(margin, kinds), 12);
  });

  it('take each class against the rest, or each label by itself', async () => {
    const against = (c: number) => labels.map((value) => (value === c ? 1 : 0));
    const column = (c: number) => scores.map((row) => row[c]);
    const expected = Array.from({ length: CLASSES }, (_, c) => pairwiseAuc(column(c), against(c)));
    const found = await evaluate(batched(scores, labels), [metrics.auc(logits, label), metrics.averagePrecision(logits, label)]);
    closeAll(found.aucByClass, expected);
    close(found.auc, mean(expected));
    closeAll(
      found.averagePrecisionByClass,
      Array.from({ length: CLASSES }, (_, c) => pointwiseAp(column(c), against(c))),
    );
    const several = {
      logits: tensor(scores.flat(), [113, CLASSES]),
      label: tensor(
        labels.flatMap((value) => Array.from({ length: CLASSES }, (_, c) => +(value === c))),
        [113, CLASSES],
      ),
    };
    expect((await evaluate([several], [metrics.auc(logits, label)])).aucByClass).toEqual(found.aucByClass);
  });

  it('say when there is nothing to tell apart', () => {
    expect(metrics.rocCurve([1, 2], [1, 1]).area).toBeNaN();
    expect(metrics.precisionRecallCurve([1, 2], [0, 0]).averagePrecision).toBeNaN();
    expect(metrics.rocCurve([3, 2, 1], [1, 1, 0])).toEqual({
      threshold: [Infinity, 3, 2, 1],
      truePositive: [0, 0.5, 1, 1],
      falsePositive: [0, 0, 0, 1],
      area: 1,
    });
    expect(() => metrics.rocCurve([Number.NaN], [1])).toThrow('rocCurve: expected numbers as scores, got NaN at 0');
    expect(() => metrics.rocCurve([1], [2])).toThrow('expected truths 0 or 1, got 2');
  });
});

describe('boxPrecision', () => {
  it('is the same in batches of whatever size, though images have more boxes in some', async () => {
    const boxes = { data: Float32Array.of(0, 0, 10, 10, 0, 0, 10, 10, 20, 20, 30, 30), shape: [4], offsets: Uint32Array.of(0, 1, 3) };
    const classes = { data: Int32Array.of(0, 0, 0), shape: [], offsets: Uint32Array.of(0, 1, 3) };
    const images = new ArrayDataset({ boxes, classes });
    for (const batchSize of [1, 2]) {
      const loader = new DataLoader(images, { batchSize, pad: { boxes: { value: 0 }, classes: { value: -1 } } });
      const metric = metrics.boxPrecision(
        (b: { readonly boxes: Tensor; readonly classes: Tensor }) => ({
          ...{ boxes: b.boxes, classes: b.classes, scores: b.classes.ge(0).cast('f32') },
          ...{ trueBoxes: b.boxes, trueClasses: b.classes },
        }),
        { classes: 1 },
      );
      expect((await evaluate(loader as never, [metric])).meanAveragePrecision).toBe(1);
    }
  });

  // Two images of three detections each, two true boxes at most. Class 0: one right and sure, one double, one wrong; class 1: one missed.
  const batch = {
    boxes: tensor([
      [
        [0, 0, 10, 10],
        [1, 0, 11, 10],
        [50, 50, 60, 60],
      ],
      [
        [0, 0, 10, 10],
        [20, 20, 30, 30],
        [0, 0, 0, 0],
      ],
    ]),
    scores: tensor([
      [0.9, 0.8, 0.7],
      [0.6, 0.95, 0],
    ]),
    classes: tensor(
      [
        [0, 0, 0],
        [0, 1, -1],
      ].flat(),
      [2, 3],
      'i32',
    ),
    trueBoxes: tensor([
      [
        [0, 0, 10, 10],
        [100, 100, 110, 110],
      ],
      [
        [0, 0, 10, 9],
        [20, 20, 30, 30],
      ],
    ]),
    trueClasses: tensor(
      [
        [0, 1],
        [0, 1],
      ].flat(),
      [2, 2],
      'i32',
    ),
  };

  it('matches each true box once, the surest detections first', async () => {
    const found = await evaluate([batch], [metrics.boxPrecision((b: typeof batch) => b, { classes: 3 })]);
    // Class 0 of two true boxes: right, double, wrong, right. Class 1: one of two found at once.
    const expected = [0.5 * 1 + 0.5 * 0.5, 0.5];
    closeAll(found.averagePrecisionByClass, expected);
    expect((found.averagePrecisionByClass as number[])[2]).toBeNaN();
    close(found.meanAveragePrecision, mean(expected));
  });

  it('asks for more overlap, and takes the mean over several', async () => {
    const at = async (iou: number | readonly number[]) =>
      (await evaluate([batch], [metrics.boxPrecision((b: typeof batch) => b, { classes: 2, iou })])).averagePrecisionByClass as number[];
    expect((await at(0.95))[0]).toBeCloseTo(0.5, 12);
    expect((await at([0.5, 0.95]))[0]).toBeCloseTo((0.75 + 0.5) / 2, 12);
  });
});

describe('what members of an ensemble tell together', () => {
  const pairs = (members: readonly (readonly number[])[]) => tensor(members.flat(), [members.length, 1, 2]);
  const of = async (members: readonly (readonly number[])[]) => {
    const all = pairs(members);
    return [await metrics.predictiveEntropy(all).item(), await metrics.mutualInformation(all).item()];
  };

  it('members that are each unsure have entropy and no mutual information; those sure of different classes have both', async () => {
    closeAll(
      await of([
        [0.5, 0.5],
        [0.5, 0.5],
      ]),
      [Math.log(2), 0],
    );
    closeAll(
      await of([
        [1, 0],
        [0, 1],
      ]),
      [Math.log(2), Math.log(2)],
    );
    closeAll(
      await of([
        [1, 0],
        [1, 0],
      ]),
      [0, 0],
    );
  });

  it('accuracy by size is that of the mean of the first members; batches stand one behind the other', async () => {
    const MEMBERS = 4;
    const random = new Random(5);
    const members = Array.from({ length: MEMBERS }, () => scores.map((row) => softmax(row.map((score) => score + random.normal()))));
    function* batches() {
      for (let i = 0; i < labels.length; i += 50) {
        const own = members.map((rows) => rows.slice(i, i + 50));
        const count = own[0].length;
        yield { label: tensor(labels.slice(i, i + 50), [count], 'i32'), members: tensor(own.flat(2), [MEMBERS, count, CLASSES]) };
      }
    }
    const found = await evaluate(batches(), [
      metrics.ensemble(
        ({ members }) => members,
        ({ label }) => label,
      ),
    ]);
    const meanOf = (count: number) =>
      scores.map((_, n) => Array.from({ length: CLASSES }, (_, c) => mean(members.slice(0, count).map((rows) => rows[n][c]))));
    const right = (count: number) => meanOf(count).map((row, n) => (decision(row) === labels[n] ? 1 : 0));
    expect(found.accuracyBySize).toEqual([1, 2, 3, 4].map((count) => mean(right(count))));
    expect(found.right).toEqual(right(MEMBERS));
    const entropy = (row: readonly number[]) => -row.reduce((sum, p) => sum + p * Math.log(p), 0);
    closeAll(found.entropy, meanOf(MEMBERS).map(entropy));
    closeAll(
      found.information,
      meanOf(MEMBERS).map((row, n) => entropy(row) - mean(members.map((rows) => entropy(rows[n])))),
    );
  });

  it('refuses what does not fit', async () => {
    const one = { label: tensor([0, 1], [2], 'i32'), members: pairs([[1, 0]]) };
    await expect(
      evaluate(
        [one],
        [
          metrics.ensemble(
            (b: typeof one) => b.members,
            (b) => b.label,
          ),
        ],
      ),
    ).rejects.toThrow('ensemble: expected probabilities [members, n, classes] and labels [n], got [1, 1, 2] and [2]');
  });
});
