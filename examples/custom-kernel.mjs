// Your own kernel
// WGSL becomes an op with a derivative: "snake", an activation that lets a network go on with a wave where tanh gives up.
import {
  compile,
  defineKernel,
  losses,
  manualSeed,
  nn,
  optim,
  rand,
  tensor,
} from 'tilegrad';

// snake(x) = x + sin²x (Ziyin et al., 2020), and its gradient.
const wgsl = `
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= arrayLength(&x)) { return; }
  let s = sin(x[i]);
  y[i] = x[i] + s * s;
}

@compute @workgroup_size(64)
fn backward(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= arrayLength(&x)) { return; }
  dx[i] = dy[i] * (1 + sin(2 * x[i]));
}
`;
const launch = (x) => ({ shape: x.shape, workgroups: Math.ceil(x.size / 64) });
const snakeGradient = defineKernel({
  name: 'snake',
  wgsl,
  entry: 'backward',
  inputs: ['x', 'dy'],
  output: 'dx',
  launch,
});
const snake = defineKernel({
  name: 'snake',
  wgsl,
  entry: 'forward',
  inputs: ['x'],
  output: 'y',
  launch,
  derivative: (dy, [x]) => [snakeGradient(x, dy)],
});

/** Learns a wave between -2 and 2, and says what it makes of -4 to 4. */
async function train(activation) {
  manualSeed(0);
  const [first, last] = [new nn.Linear(1, 32), new nn.Linear(32, 1)];
  const forward = (x) => last.forward(activation(first.forward(x.mul(3))));
  const parameters = [...first.parameters(), ...last.parameters()];
  const adam = new optim.AdamW(parameters, { lr: 0.01, weightDecay: 0.1 });
  const step = compile(() => {
    const x = rand([128, 1], { low: -2, high: 2 });
    const loss = losses.mse(forward(x), x.mul(4).sin());
    adam.minimize(loss);
    return loss;
  });
  let loss;
  for (let i = 0; i < 400; i++) loss = step();
  console.log(`mean squared error ${(await loss.item()).toFixed(5)}`);
  return [...(await forward(tensor(x, [x.length, 1])).data())];
}

const x = Array.from({ length: 161 }, (_, i) => (i - 80) / 20);
const series = [
  { name: 'wave', style: 'dashed', x, y: x.map((v) => Math.sin(4 * v)) },
  { name: 'snake', x, y: await train(snake) },
  { name: 'tanh', x, y: await train((x) => x.tanh()) },
];
console.log({
  title: 'Learned between -2 and 2, continued beyond',
  panels: [
    {
      kind: 'chart',
      x: { label: 'x' },
      y: { label: 'y', min: -2, max: 2 },
      series,
    },
  ],
});
