// Digits
// A small network learns to read handwritten digits, which the library draws itself; the figure has some that it gets wrong.
import {
  ArrayDataset,
  compile,
  DataLoader,
  losses,
  manualSeed,
  nn,
  optim,
  syntheticDigits,
  tensor,
} from 'tilegrad';

manualSeed(1);
const load = async (split, count) => {
  const { images, labels } = await syntheticDigits({ count, seed: 0, split });
  return {
    images: Float32Array.from(images, (ink) => ink / 255),
    labels: Uint32Array.from(labels),
  };
};
const train = await load('train', 4000);
const test = await load('test', 500);
const dataset = new ArrayDataset({
  image: { data: train.images, shape: [1, 28, 28] },
  label: { data: train.labels, shape: [] },
});
const loader = new DataLoader(dataset, {
  batchSize: 50,
  shuffle: true,
  seed: 0,
});

const model = new nn.Sequential(
  new nn.Flatten(),
  new nn.Linear(784, 64),
  new nn.ReLU(),
  new nn.Linear(64, 10),
);
const adam = new optim.Adam(model.parameters(), { lr: 3e-3 });
const step = compile((image, label) => {
  const loss = losses.crossEntropy(model.forward(image), label);
  adam.minimize(loss);
  return loss;
});

const curve = { name: 'training', x: [], y: [] };
for (let epoch = 1; epoch <= 3; epoch++) {
  for await (const { image, label } of loader.tensors()) {
    const loss = step(image, label);
    curve.x.push(curve.x.length + 1);
    curve.y.push(await loss.item());
  }
  console.log(`epoch ${epoch}: loss ${curve.y.at(-1).toFixed(3)}`);
}

const seen = await model
  .forward(tensor(test.images, [500, 1, 28, 28]))
  .argMax(1)
  .data();
const wrong = [...seen.keys()].filter((i) => seen[i] !== test.labels[i]);
console.log(`${500 - wrong.length} of 500 test digits right`);
// A figure is plain data. The playground draws it; in Node, await renderFigureSvg() makes an SVG of it.
console.log({
  title: 'A network learns to read',
  columns: 1,
  panels: [
    {
      kind: 'chart',
      x: { label: 'step' },
      y: { label: 'cross-entropy', log: true },
      series: [curve],
    },
    {
      kind: 'pictures',
      title: 'Misread',
      columns: 6,
      pictures: wrong.slice(0, 12).map((i) => ({
        width: 28,
        height: 28,
        channels: 1,
        pixels: test.images.subarray(784 * i, 784 * (i + 1)),
        caption: `${test.labels[i]} seen as ${seen[i]}`,
      })),
    },
  ],
});
