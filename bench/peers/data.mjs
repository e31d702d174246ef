// What every peer gets alike: seeded batches, starting weights, matrices. Layouts are NCHW and [out, in, kh, kw].

/** A seeded generator of uniform numbers in [0, 1) (mulberry32). */
export function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** `length` floats uniform in [-bound, bound). */
export function uniform(length, bound, random) {
  return Float32Array.from({ length }, () => (2 * random() - 1) * bound);
}

/** `count` batches of 1×28×28 images: noise over one coarse 4×4 pattern per class, so that a network can learn them. */
export function batches(count, batch, seed = 1) {
  const random = generator(seed);
  const size = 28 * 28;
  const patterns = Array.from({ length: 10 }, () => uniform(16, 1.5, random));
  return Array.from({ length: count }, () => {
    const images = uniform(batch * size, 1, random);
    const labels = Uint32Array.from({ length: batch }, () => Math.floor(random() * 10));
    for (let i = 0; i < images.length; i++) {
      const [row, column] = [Math.floor((i % size) / 28), i % 28];
      images[i] += patterns[labels[Math.floor(i / size)]][Math.floor(row / 7) * 4 + Math.floor(column / 7)];
    }
    return { images, labels };
  });
}

/** The network's parameters in order (conv weight, conv bias, ..., linear weight, linear bias), as PyTorch would initialise them. */
export function initialWeights(channels, seed = 2) {
  const random = generator(seed);
  const layer = (shape, fanIn) => [
    {
      shape,
      data: uniform(
        shape.reduce((a, b) => a * b),
        1 / Math.sqrt(fanIn),
        random,
      ),
    },
    { shape: [shape[0]], data: uniform(shape[0], 1 / Math.sqrt(fanIn), random) },
  ];
  const convs = channels.flatMap((outputs, i) => layer([outputs, channels[i - 1] ?? 1, 3, 3], 9 * (channels[i - 1] ?? 1)));
  const features = 9 * channels.at(-1);
  return [...convs, ...layer([10, features], features)];
}

/** The data of `{ shape, data }` with its axes permuted: result axis i is source axis `order[i]`. */
export function permute({ shape, data }, order) {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
  const result = { shape: order.map((axis) => shape[axis]), data: new Float32Array(data.length) };
  const index = order.map(() => 0);
  for (let i = 0; i < data.length; i++) {
    result.data[i] = data[index.reduce((offset, at, axis) => offset + at * strides[order[axis]], 0)];
    for (let axis = order.length - 1; axis >= 0 && ++index[axis] === result.shape[axis]; axis--) index[axis] = 0;
  }
  return result;
}
