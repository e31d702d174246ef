// From a drawing to a picture like MNIST's: the digit fills a box of 20 × 20 pixels, and its centre of mass is the picture's centre
// (LeCun et al., "Gradient-based learning applied to document recognition", 1998, §III A).

const SIZE = 28;
const BOX = 20;

/** `drawing`: size² values 0 … 1, rows top to bottom, strokes bright. An empty one stays empty. */
export function likeMnist(drawing: Float32Array, size: number): Float32Array {
  const picture = new Float32Array(SIZE * SIZE);
  let [left, right, top, bottom] = [size, -1, size, -1];
  let [mass, momentX, momentY] = [0, 0, 0];
  drawing.forEach((value, i) => {
    if (value <= 0.05) return;
    const [x, y] = [i % size, Math.floor(i / size)];
    [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
    [mass, momentX, momentY] = [mass + value, momentX + value * (x + 0.5), momentY + value * (y + 0.5)];
  });
  if (mass === 0) return picture;
  // One pixel of the picture covers this many of the drawing, in either direction.
  const scale = Math.max(right - left + 1, bottom - top + 1) / BOX;
  const [centreX, centreY] = [momentX / mass, momentY / mass];
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) {
      picture[y * SIZE + x] = averageOver(drawing, size, centreX + (x - SIZE / 2) * scale, centreY + (y - SIZE / 2) * scale, scale);
    }
  }
  return picture;
}

/** Mean of the drawing over a square with this upper left corner, 4 × 4 bilinear samples; black outside. */
function averageOver(drawing: Float32Array, size: number, left: number, top: number, side: number): number {
  const at = (x: number, y: number) => (x >= 0 && y >= 0 && x < size && y < size ? drawing[y * size + x] : 0);
  let sum = 0;
  for (let i = 0; i < 16; i++) {
    const x = left + (((i % 4) + 0.5) * side) / 4 - 0.5;
    const y = top + ((Math.floor(i / 4) + 0.5) * side) / 4 - 0.5;
    const [x0, y0] = [Math.floor(x), Math.floor(y)];
    const [u, v] = [x - x0, y - y0];
    sum += (1 - v) * ((1 - u) * at(x0, y0) + u * at(x0 + 1, y0)) + v * ((1 - u) * at(x0, y0 + 1) + u * at(x0 + 1, y0 + 1));
  }
  return sum / 16;
}
