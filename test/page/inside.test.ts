// What a model holds and gives of one sample, as the page draws it.
import { expect, it } from 'vitest';
import { histogram, Inside, sampleFor } from '../../runtime/browser/inside.ts';
import { nn, randomState, type Tensor, tensor } from '../../src/index.ts';

class Net extends nn.Module {
  readonly conv = new nn.Conv2d(1, 2, 3, { padding: 1 });
  readonly relu = new nn.ReLU();
  readonly head = new nn.Sequential(new nn.Flatten(), new nn.Dropout(0.5), new nn.Linear(2 * 4 * 5, 3));
  readonly scale = new nn.Parameter('scale', [1], 'f32');
  override forward(x: Tensor): Tensor {
    return this.head.forward(this.relu.forward(this.conv.forward(x)) as Tensor).mul(this.scale);
  }
}

const inputs = [[1, 1, 4, 5]];

it('counts values in bins of one width, and apart those that are no numbers', () => {
  const found = histogram(Float32Array.of(-1, 0, 0, 3, Number.NaN, Number.POSITIVE_INFINITY));
  expect(found).toMatchObject({ low: -1, high: 3, mean: 0.5, broken: 2 });
  expect(found.deviation).toBeCloseTo(1.5, 6);
  expect(found.counts.flatMap((count, bin) => (count ? [[bin, count]] : []))).toEqual([
    [0, 1],
    [8, 2],
    [31, 1],
  ]);
  // All alike.
  expect(histogram(new Float32Array(7).fill(2))).toMatchObject({ low: 2, high: 2, mean: 2, deviation: 0 });
});

it('shows starting weights layer by layer, kernels on pixels as pictures', async () => {
  const { layers, input } = await new Inside(new Net(), inputs).look(true);
  expect(input).toBeUndefined();
  expect(layers.map(({ name, type, tensors }) => [name, type, ...tensors.map(({ name, shape }) => `${name} ${shape.join('×')}`)])).toEqual([
    ['', 'Net', 'scale 1'],
    ['conv', 'Conv2d', 'conv.weight 2×1×3×3', 'conv.bias 2'],
    ['relu', 'ReLU'],
    ['head.0', 'Flatten'],
    ['head.1', 'Dropout'],
    ['head.2', 'Linear', 'head.2.weight 3×40', 'head.2.bias 3'],
  ]);
  expect(layers[1].tensors[0].kernels).toMatchObject({ count: 2, shown: 2, channels: 1, height: 3, width: 3 });
  expect(layers[5].tensors[0].kernels).toMatchObject({ count: 1, height: 3, width: 40 });
  const linear = await new Inside(new nn.Sequential(new nn.Flatten(), new nn.Linear(20, 3)), inputs).look();
  expect(linear.layers[1].tensors[0].kernels).toMatchObject({ count: 3, height: 4, width: 5 });
});

it('shows what each layer gives of a sample, with the weights as they are, and takes no random numbers', async () => {
  const model = new Net();
  model.conv.weight.set(Float32Array.from({ length: 18 }, (_, i) => (i === 4 ? 1 : i === 13 ? -2 : 0)));
  const pixels = Float32Array.from({ length: 20 }, (_, i) => i / 20 - 0.25);
  const inside = new Inside(model, inputs, [tensor(pixels, [1, 1, 4, 5])]);
  const before = randomState();
  const { layers, input } = await inside.look();
  expect(randomState()).toEqual(before);
  expect(input).toMatchObject({ count: 1, height: 4, width: 5 });
  const [bias0, bias1] = (await model.conv.bias!.data()) as Float32Array;
  const conv = layers[1].maps!;
  expect(conv).toMatchObject({ count: 2, shown: 2, height: 4, width: 5 });
  const expected = [...pixels.map((x) => x + bias0), ...pixels.map((x) => -2 * x + bias1)];
  [...conv.shades].forEach((shade, i) => expect((shade / 127) * conv.most).toBeCloseTo(expected[i], 1));
  expect(layers[2].maps!.shades.every((shade) => shade >= 0)).toBe(true);
  // A vector of 40 in rows.
  expect(layers[3].maps).toMatchObject({ height: 2, width: 32 });
  model.scale.set(Float32Array.of(0.5));
  expect((await inside.look()).layers[0].tensors[0].histogram.mean).toBe(0.5);
});

it('shows what a recurrent layer gives, step by step', async () => {
  const words = tensor(Int32Array.of(2, 0, 1, 2, 2), [5, 1]);
  const { layers } = await new Inside(new nn.Sequential(new nn.Embedding(3, 4), new nn.GRU(4, 6)), [words], [words]).look();
  expect(layers.map(({ type, maps }) => [type, maps?.height, maps?.width])).toEqual([
    ['Embedding', 5, 4],
    ['GRU', 5, 6],
  ]);
});

it('finds the sample of a data set that a model takes', async () => {
  const fields = {
    label: { data: Uint8Array.of(3, 4), shape: [], dtype: 'i32' as const },
    image: { data: Uint8Array.from({ length: 40 }, (_, i) => i), shape: [1, 4, 5], scale: 1 / 4 },
  };
  const found = sampleFor(inputs, { train: { fields, count: 2 } });
  expect(found?.map(({ shape, dtype }) => [shape, dtype])).toEqual([[[1, 1, 4, 5], 'f32']]);
  expect([...(await found![0].data())].slice(0, 3)).toEqual([0, 0.25, 0.5]);
  expect(sampleFor([[1, 3, 4, 5]], { train: { fields, count: 2 } })).toBeUndefined();
  const edges = tensor(new Uint32Array(20), [1, 4, 5]);
  expect(sampleFor([edges], { train: { fields, count: 2 } })).toEqual([edges]);
  // Two pictures in one.
  const [both] = sampleFor([[1, 2, 4, 5]], { train: { fields, count: 2 } })!;
  expect([both.shape, (await both.data())[39]]).toEqual([[1, 2, 4, 5], 39 / 4]);
  expect(sampleFor([...inputs, edges], { train: { fields, count: 2 } })?.[1]).toBe(edges);
});
