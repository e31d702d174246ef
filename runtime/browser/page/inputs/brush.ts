// A round brush on a small square picture with values 0 … 1.

/** Of the picture's side: strokes about as thick as those of handwritten digits. */
const RADIUS = 0.048;

/** Paints the way from one point to another; coordinates in pixels, the centre of the first pixel at 0.5. Only ever brightens. */
export function paintStroke(
  picture: Float32Array,
  size: number,
  from: readonly [x: number, y: number],
  to: readonly [x: number, y: number],
): void {
  const radius = Math.max(0.7, RADIUS * size);
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = dx * dx + dy * dy;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const [x, y] = [column + 0.5 - from[0], row + 0.5 - from[1]];
      const along = length === 0 ? 0 : Math.min(1, Math.max(0, (x * dx + y * dy) / length));
      const distance = Math.hypot(x - along * dx, y - along * dy);
      // Soft over one pixel.
      const value = Math.min(1, Math.max(0, radius + 0.5 - distance));
      const at = row * size + column;
      if (value > picture[at]) picture[at] = value;
    }
  }
}
