// Game of Life
// No training: a compiled function is a program for the GPU. One call here is sixteen generations of Conway's game on a torus.
import { bernoulli, compile, conv2d, manualSeed, ones } from 'tilegrad';

const size = 96;
const neighbourhood = ones([1, 1, 3, 3]);
const none = [0, 0];
const one = [1, 1];
const generation = (cells) => {
  // Each cell and its eight neighbours; the world's edges meet.
  const world = cells.pad([none, none, one, one], 'circular');
  const block = conv2d(world, neighbourhood);
  // Alive next: with three alive in the block, or four if the cell itself is one of them.
  return block.eq(3).cast('f32').add(block.eq(4).cast('f32').mul(cells));
};
const run = compile((cells) => {
  for (let i = 0; i < 16; i++) cells = generation(cells);
  return cells;
});

manualSeed(5);
let cells = bernoulli([1, 1, size, size], 0.3).cast('f32').keep();
const picture = async (caption) => ({
  width: size,
  height: size,
  channels: 1,
  pixels: await cells.data(),
  caption,
});
const pictures = [await picture('at first')];
for (let i = 1; i <= 8; i++) {
  cells = run(cells).keep();
  if ([1, 4, 8].includes(i)) {
    pictures.push(await picture(`generation ${16 * i}`));
    console.log(`generation ${16 * i}: ${await cells.sum().item()} alive`);
  }
}
console.log({
  title: 'Game of Life',
  panels: [{ kind: 'pictures', columns: 2, pictures }],
});
