// Spirals
// Trains on arrays of one's own: a dataset, a loader that shuffles and batches, dropout that is off while testing, and a map of the decision.
import {
  ArrayDataset,
  compile,
  DataLoader,
  losses,
  manualSeed,
  nn,
  optim,
  tensor,
} from 'tilegrad';

manualSeed(0);
// Two spirals of 500 points each.
const count = 1000;
const points = new Float32Array(2 * count);
const labels = new Uint32Array(count);
for (let i = 0; i < count; i++) {
  const turn = 0.5 + (4 * i) / count;
  const angle = turn + (i % 2) * Math.PI;
  points.set(
    [(turn / 5) * Math.cos(angle), (turn / 5) * Math.sin(angle)],
    2 * i,
  );
  labels[i] = i % 2;
}

const dataset = new ArrayDataset({
  point: { data: points, shape: [2] },
  label: { data: labels, shape: [] },
});
const loader = new DataLoader(dataset, {
  batchSize: 100,
  shuffle: true,
  seed: 0,
});
const model = new nn.Sequential(
  new nn.Linear(2, 64),
  new nn.ReLU(),
  new nn.Linear(64, 64),
  new nn.ReLU(),
  new nn.Dropout(0.1),
  new nn.Linear(64, 2),
);
const adamw = new optim.AdamW(model.parameters(), {
  lr: optim.schedules.cosine(0.01, 400),
});

const step = compile((x, y) => {
  const loss = losses.crossEntropy(model.forward(x), y);
  adamw.minimize(loss);
  return loss;
});
const predict = compile((x) => model.forward(x).argMax(1));

for (let epoch = 1; epoch <= 40; epoch++) {
  let loss;
  for await (const { point, label } of loader.tensors())
    loss = step(point, label);
  if (epoch % 10 === 0)
    console.log(`epoch ${epoch}: loss ${(await loss.item()).toFixed(4)}`);
}

model.eval();
const chosen = await predict(tensor(points, [count, 2])).data();
const right = chosen.filter((label, i) => label === labels[i]).length;
console.log(`${right} of ${count} points on the right spiral`);

// The network's opinion of every place in the square, as contours under the points.
const side = 60;
const places = new Float32Array(2 * side * side);
for (let i = 0; i < side * side; i++)
  places.set(
    [(i % side) / (side / 2) - 1, Math.floor(i / side) / (side / 2) - 1],
    2 * i,
  );
const opinion = model
  .forward(tensor(places, [side * side, 2]))
  .softmax(1)
  .slice([
    [0, side * side],
    [1, 2],
  ]);
const spiral = (label) => {
  const own = [...labels.keys()].filter(
    (i) => labels[i] === label && i % 8 < 2,
  );
  return {
    name: `spiral ${label + 1}`,
    style: 'points',
    x: own.map((i) => points[2 * i]),
    y: own.map((i) => points[2 * i + 1]),
  };
};
console.log({
  title: 'Which spiral?',
  caption: 'The darker, the surer the network is of the second.',
  panels: [
    {
      kind: 'chart',
      x: { label: 'x', min: -1, max: 1 },
      y: { label: 'y', min: -1, max: 1 },
      series: [spiral(0), spiral(1)],
      contours: {
        values: await opinion.data(),
        columns: side,
        rows: side,
        x: [-1, 1],
        y: [-1, 1],
        levels: [0.1, 0.3, 0.5, 0.7, 0.9],
      },
    },
  ],
});
