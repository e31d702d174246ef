import { type Field, figures, type Picture } from '../../index.ts';

/** Some pictures of a field of bytes [n, channels, height, width], by their places, in three channels. */
export function picturesOf({ data, shape }: Field, places: readonly number[], captions: readonly string[] = []): Picture[] {
  const [channels, height, width] = shape;
  const size = height * width;
  const plane = (n: number, c: number) => Array.from(data.subarray((n * channels + c) * size, (n * channels + c + 1) * size));
  const values = places.flatMap((n) => [0, 1, 2].flatMap((c) => plane(n, Math.min(c, channels - 1))));
  return figures.pictures(values, { width, height, channels: 3, range: [0, 255], captions });
}
