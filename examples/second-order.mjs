// Second order
// Gradients are tensors like any other: here the gradient of a gradient gives Newton's method its curvature.
import { compile, gradients, State, tensor } from 'tilegrad';

const x = new State('x', [1], 'f32', Float32Array.of(3));
const step = compile(() => {
  const y = x.square().add(x.exp()).sum();
  const [slope] = gradients(y, [x]);
  const [curvature] = gradients(slope, [x]);
  x.assign(x.sub(slope.div(curvature)));
  return y;
});

for (let i = 0; i < 6; i++)
  console.log(`x² + eˣ = ${(await step().item()).toFixed(6)}`);
console.log(`lowest at x = ${(await x.item()).toFixed(6)}`);

// Without compile: the same formula at three places at once.
const places = tensor([-1, 0, 1]);
console.log(
  await gradients(places.square().add(places.exp()).sum(), [
    places,
  ])[0].toArray(),
);
