// What networks by hand share: layers that run on tensors and on plain arrays alike, and what is shown of such networks.
import { describe, expect, it } from 'vitest';
import { Random, type Tensor, tensor } from '../../src/index.ts';
import { relativeError } from '../../src/projects/shared/by-hand/error.ts';
import { activations, affine, learn, softmaxCrossEntropy } from '../../src/projects/shared/by-hand/layers.ts';
import { Matrix, type Numbers } from '../../src/projects/shared/by-hand/numbers.ts';
import { lookAtPictures, mistakesIn, weightsFigure } from '../../src/projects/shared/photographs.ts';
import { samplesOf } from '../../src/projects/shared/pictures.ts';
import { onlyFigure } from '../train/memory-host.ts';

interface Kind<T> {
  of(values: readonly number[], rows: number): T;
  read(x: T): Promise<number[]>;
}
const tensors: Kind<Tensor> = {
  of: (values, rows) => tensor([...values], [rows, values.length / rows]),
  read: async (x) => Array.from(await x.data()),
};
const plain: Kind<Matrix> = {
  of: (values, rows) => new Matrix(rows, values.length / rows, Float64Array.from(values)),
  read: async ({ values }) => [...values],
};

function layersOf<T extends Numbers<T>>(kind: string, { of, read }: Kind<T>): void {
  describe(`layers of ${kind}`, () => {
    it('affine: x·w + b, and back to x, w and b', async () => {
      const { out, cache } = affine.forward(of([1, 2, 3, 4], 2), of([1, 0, -1, 2, 1, 0], 2), of([10, 20, 30], 1));
      expect(await read(out)).toEqual([15, 22, 29, 21, 24, 27]);
      const { dx, dw, db } = affine.backward(of([1, 0, 2, 0, 1, 1], 2), cache);
      expect(await read(dx())).toEqual([-1, 2, -1, 1]);
      expect(await read(dw)).toEqual([1, 3, 5, 2, 4, 8]);
      expect(await read(db)).toEqual([1, 1, 3]);
    });

    it.each([
      ['sigmoid', [0, Math.log(3), -200, 200], [0.5, 0.75, 0, 1], [0.25, 0.375, 0, 0]],
      ['relu', [-1, 0, 2, 0.5], [0, 0, 2, 0.5], [0, 0, 3, 4]],
      ['elu', [Math.log(0.25), 0, 2, -200], [-0.75, 0, 2, -1], [0.25, 2, 3, 0]],
    ] as const)('%s, far from 0 too', async (name, x, y, dx) => {
      const { out, cache } = activations[name].forward(of(x, 1));
      const back = activations[name].backward(of([1, 2, 3, 4], 1), cache);
      for (const [found, expected] of [
        [await read(out), y],
        [await read(back), dx],
      ] as const) {
        expected.forEach((value, i) => expect(found[i]).toBeCloseTo(value, 6));
      }
    });

    it('softmax and cross-entropy: of logits that would overflow, too', async () => {
      // Probabilities 1/4, 3/4 and, for logits of 1000, the same.
      const logits = of([0, Math.log(3), 1000, 1000 + Math.log(3)], 2);
      const { out, cache } = softmaxCrossEntropy.forward(logits, of([1, 0, 0, 1], 2));
      expect((await read(out))[0]).toBeCloseTo((Math.log(4) + Math.log(4 / 3)) / 2, 4);
      const gradient = await read(softmaxCrossEntropy.backward(cache, 2));
      [-0.375, 0.375, 0.125, -0.125].forEach((expected, i) => expect(gradient[i]).toBeCloseTo(expected, 4));
    });
  });
}
layersOf('tensors', tensors);
layersOf('plain arrays', plain);

it('gradients in plain arrays are what the loss changes by', () => {
  const random = new Random(2);
  const drawn = (rows: number, columns: number) =>
    new Matrix(
      rows,
      columns,
      Float64Array.from({ length: rows * columns }, () => random.normal()),
    );
  const [weights, biases] = [
    [drawn(5, 4), drawn(4, 3), drawn(3, 2)],
    [drawn(1, 4), drawn(1, 3), drawn(1, 2)],
  ];
  const [x, truth] = [drawn(3, 5), new Matrix(3, 2, Float64Array.of(1, 0, 0, 1, 1, 0))];
  for (const activation of ['elu', 'relu', 'sigmoid'] as const) {
    const found = () => learn(x, truth, 3, { weights, biases, activation });
    const { dws, dbs } = found();
    [...weights, ...biases].forEach(({ values }, layer) => {
      const gradient = [...dws, ...dbs][layer].values;
      for (let i = 0; i < values.length; i++) {
        const [before, h] = [values[i], 1e-5];
        const [up, down] = [h, -h].map((step) => {
          values[i] = before + step;
          return found().loss.values[0];
        });
        values[i] = before;
        expect(gradient[i]).toBeCloseTo((up - down) / (2 * h), 7);
      }
    });
  }
});

it('a difference shows: of a tenth, relative to the way', () => {
  expect(relativeError([1, 3.1], [1, 3], [1, 2])).toBeCloseTo(0.1, 6);
  expect(relativeError([3, 4.5], [3, 4])).toBeCloseTo(0.1, 6);
});

it('mistakes are those whose highest probability is another class, the surest first', () => {
  const probabilities = [0.7, 0.2, 0.1, 0.1, 0.5, 0.4, 0.05, 0.05, 0.9];
  expect(mistakesIn(probabilities, [1, 1, 0])).toEqual([
    { place: 2, label: 0, decided: 2, probability: 0.9 },
    { place: 0, label: 1, decided: 0, probability: 0.7 },
  ]);
});

it('weights are drawn unit by unit, the longest first, grey where they are 0', () => {
  // Two units: the second one is longer, and has its strongest weight at the first pixel's red.
  const weights = new Float32Array(2 * 3072);
  weights[0] = 0.1;
  weights[1] = -4;
  weights[2 * 1024 + 1] = 2;
  const [panel] = weightsFigure(weights, 2).panels;
  if (panel.kind !== 'pictures') throw new Error('expected pictures');
  const { pixels } = panel.pictures[0];
  expect(Array.from(pixels).slice(0, 6)).toEqual([0, 0.75, 0.5, 0.5, 0.5, 0.5]);
});

it('a picture is answered with what the network takes it for', async () => {
  const names = ['cat', 'dog'];
  const image = { data: Uint8Array.from({ length: 2 * 3072 }, (_, i) => (i < 3072 ? 0 : 255)), shape: [3, 32, 32] };
  const found = await samplesOf({ fields: { image, label: { data: Uint8Array.of(1, 0), shape: [], names } }, count: 2 });
  // Dark pictures are dogs.
  const model = {
    forward: (x: Tensor) =>
      tensor([[Math.log(3), 0]])
        .mul(x.mean())
        .add(tensor([[0, 1]]).mul(x.mean().neg().add(1))),
  };
  const { offers, answer } = await lookAtPictures.open({ model, result: async () => found });
  expect(offers.picture.samples.map(({ caption, pixels }) => [caption, pixels[7]])).toEqual([
    ['dog', 0],
    ['cat', 1],
  ]);
  const figure = onlyFigure(await answer({ picture: { values: new Float32Array(3072).fill(1) } }));
  expect(figure.title).toBe('75 % cat');
  const [, bars] = figure.panels;
  if (bars.kind !== 'chart') throw new Error('expected a chart');
  expect(bars.series[0].y[1]).toBeCloseTo(0.25, 5);
  expect(onlyFigure(await answer({ picture: { values: new Float32Array(3072) } })).title).toBe('73 % dog');
});
