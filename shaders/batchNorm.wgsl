// Sums over the channels of x [n, channels, space], and batch normalisation by them.
//   statistics: [3, channels]: an element of each channel, the mean of the differences from it (a large mean would lose digits), biased variance
//   forward:    y = epilogue((x − mean) · r · weight + bias), r = 1 / √(variance + eps)
//   sums:       [2, channels]: Σ dy · x̂ and Σ dy, x̂ = (x − mean) · r: the gradients of weight and bias
//   backward:   dx = epilogue(r · weight · (dy − mean(dy) − x̂ · mean(dy · x̂)))
// The sums also serve layerNorm.wgsl, whose statistics belong to groups of channels of one example: groups > 0 tells how many.
//
// A thread takes one slice of a channel; `mergeStatistics` and `mergeSums` put the slices together in order.
// Variances come from the differences from the channel's first element, by Welford's recurrence and Chan's formula, so nothing cancels.
// Tiling: neighbouring threads read neighbouring values, those of the slices of one channel, or of several channels where space is 1. A V then
// holds neighbouring channels, else places of one channel.

struct Params {
  n: u32,
  channels: u32,
  space: u32,
  groups: u32,
  slices: u32,
  eps: f32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> x: array<V>;
@group(0) @binding(1) var<storage, read> statistics: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<V>;
@group(0) @binding(3) var<storage, read> weight: array<T>;
@group(0) @binding(4) var<storage, read> bias: array<T>;
@group(0) @binding(5) var<storage, read_write> partials: array<f32>;
@group(0) @binding(6) var<storage, read> partialsIn: array<f32>;
@group(0) @binding(7) var<storage, read_write> totals: array<f32>;
@group(0) @binding(8) var<storage, read> sums: array<f32>;
@group(0) @binding(9) var<storage, read_write> y: array<V>;

const ACROSS = params.space == 1u;
const PLACES = select(params.space / WIDTH, 1u, ACROSS);
// Lines are what a thread sums along: channels, or V of them.
const LINES = select(params.channels, params.channels / WIDTH, ACROSS);
const LENGTH = params.n * PLACES;
// How far the channel of the next value in a V is.
const NEXT = select(0u, 1u, ACROSS);
const COUNT = f32(params.n * params.space);

fn elementOf(line: u32, k: u32) -> u32 { return ((k / PLACES) * LINES + line) * PLACES + k % PLACES; }
fn channelOfLine(line: u32) -> u32 { return select(line, line * WIDTH, ACROSS); }

// A slice's places in its line: one after another where neighbouring threads have lines of their own, else every params.slices-th, so that
// they share a line place by place.
const CHUNK = (LENGTH + params.slices - 1u) / params.slices;
const STEP = select(params.slices, 1u, ACROSS);
struct Slice {
  line: u32,
  slice: u32,
  first: u32,
  end: u32,
}
fn sliceOf(i: u32) -> Slice {
  if (ACROSS) {
    let slice = i / LINES;
    return Slice(i % LINES, slice, slice * CHUNK, min(LENGTH, (slice + 1u) * CHUNK));
  }
  return Slice(i / params.slices, i % params.slices, i % params.slices, LENGTH);
}
fn countOf(slice: u32) -> u32 {
  if (ACROSS) { return min(CHUNK, LENGTH - slice * CHUNK); }
  return (LENGTH - slice + params.slices - 1u) / params.slices * WIDTH;
}

fn indexOf(group: vec3u, thread: u32) -> u32 { return (group.x + group.y * params.gridX) * 64u + thread; }

// Loops over slices begin at group.z, which is 0 without compilers knowing: they would unroll them.
@compute @workgroup_size(64)
fn partialStatistics(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = indexOf(group, thread);
  if (i >= LINES * params.slices) { return; }
  let own = sliceOf(i);
  let first = F(x[elementOf(own.line, 0)]);
  let origin = select(F(component(first, 0)), first, ACROSS);
  var count = 0f;
  var mean = F(0f);
  var squares = F(0f);
  for (var k = own.first + group.z; k < own.end; k += STEP) {
    count += 1;
    let value = F(x[elementOf(own.line, k)]) - origin;
    let change = value - mean;
    mean += change * (1f / count);
    squares += change * (value - mean);
  }
  let at = 2 * own.slice * params.channels + channelOfLine(own.line);
  if (ACROSS) {
    for (var c = 0u; c < WIDTH; c++) {
      partials[at + c] = component(mean, c);
      partials[at + params.channels + c] = component(squares, c);
    }
  } else {
    let total = sumOf(mean) / f32(WIDTH);
    let apart = mean - total;
    partials[at] = total;
    partials[at + params.channels] = sumOf(squares + apart * apart * count);
  }
}

@compute @workgroup_size(64)
fn mergeStatistics(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let channel = indexOf(group, thread);
  if (channel >= params.channels) { return; }
  var count = 0f;
  var mean = 0f;
  var squares = 0f;
  for (var slice = group.z; slice < params.slices; slice++) {
    let at = 2 * slice * params.channels + channel;
    let added = f32(countOf(slice));
    let difference = partialsIn[at] - mean;
    count += added;
    mean += difference * (added / count);
    // The first slice is all there is so far: 0, even where the square is infinite.
    squares += partialsIn[at + params.channels] + difference * (1 - added / count) * difference * added;
  }
  let line = select(channel, channel / WIDTH, ACROSS);
  totals[channel] = component(F(x[elementOf(line, 0)]), select(0u, channel % WIDTH, ACROSS));
  totals[params.channels + channel] = mean;
  totals[2 * params.channels + channel] = squares / count;
}

const GROUPS = max(1u, params.groups);
// Where the statistics of a channel's part in one example are.
fn rowOf(channel: u32, example: u32) -> u32 {
  if (params.groups == 0u) { return channel; }
  return example * GROUPS + select(channel / (params.channels / GROUPS), 0u, GROUPS == 1u);
}
const ROWS = select(params.n * params.groups, params.channels, params.groups == 0u);

fn statisticOf(which: u32, channel: u32, example: u32) -> F {
  let base = which * ROWS;
  if (!ACROSS || params.groups == 1u) { return F(statistics[base + rowOf(channel, example)]); }
  return together(
    statistics[base + rowOf(channel, example)],
    statistics[base + rowOf(channel + 1, example)],
    statistics[base + rowOf(channel + 2, example)],
    statistics[base + rowOf(channel + 3, example)],
  );
}

fn inverseDeviationOf(channel: u32, example: u32) -> F {
  // One root for the whole V where its channels share it.
  if (!ACROSS || params.groups == 1u) { return F(1 / sqrt(statistics[2 * ROWS + rowOf(channel, example)] + params.eps)); }
  return 1 / sqrt(statisticOf(2, channel, example) + params.eps);
}

@compute @workgroup_size(64)
fn partialSums(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = indexOf(group, thread);
  if (i >= LINES * params.slices) { return; }
  let own = sliceOf(i);
  let channel = channelOfLine(own.line);
  var origin = statisticOf(0, channel, 0);
  var mean = statisticOf(1, channel, 0);
  var r = inverseDeviationOf(channel, 0);
  var products = F(0f);
  var plain = F(0f);
  for (var k = own.first + group.z; k < own.end; k += STEP) {
    if (params.groups > 0u) {
      origin = statisticOf(0, channel, k / PLACES);
      mean = statisticOf(1, channel, k / PLACES);
      r = inverseDeviationOf(channel, k / PLACES);
    }
    let e = elementOf(own.line, k);
    let g = F(dy[e]);
    products += g * ((F(x[e]) - origin - mean) * r);
    plain += g;
  }
  let at = 2 * own.slice * params.channels + channel;
  if (ACROSS) {
    for (var c = 0u; c < WIDTH; c++) {
      partials[at + c] = component(products, c);
      partials[at + params.channels + c] = component(plain, c);
    }
  } else {
    partials[at] = sumOf(products);
    partials[at + params.channels] = sumOf(plain);
  }
}

@compute @workgroup_size(64)
fn mergeSums(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = indexOf(group, thread);
  if (i >= 2 * params.channels) { return; }
  var sum = 0f;
  for (var slice = group.z; slice < params.slices; slice++) { sum += partialsIn[2 * slice * params.channels + i]; }
  totals[i] = sum;
}

// Values of the channels in a V.
fn weightOf(channel: u32) -> F {
  if (!WEIGHTED) { return F(1f); }
  return together(f32(weight[channel]), f32(weight[channel + NEXT]), f32(weight[channel + 2 * NEXT]), f32(weight[channel + 3 * NEXT]));
}

fn biasOf(channel: u32) -> F {
  if (!BIASED) { return F(0f); }
  return together(f32(bias[channel]), f32(bias[channel + NEXT]), f32(bias[channel + 2 * NEXT]), f32(bias[channel + 3 * NEXT]));
}

fn meanGradient(which: u32, channel: u32) -> F {
  let i = which * params.channels + channel;
  return together(sums[i], sums[i + NEXT], sums[i + 2 * NEXT], sums[i + 3 * NEXT]) / COUNT;
}

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = indexOf(group, thread);
  if (i >= LINES * params.slices) { return; }
  let own = sliceOf(i);
  let channel = channelOfLine(own.line);
  let origin = statisticOf(0, channel, 0);
  let mean = statisticOf(1, channel, 0);
  let scale = inverseDeviationOf(channel, 0) * weightOf(channel);
  let shift = biasOf(channel);
  for (var k = own.first + group.z; k < own.end; k += STEP) {
    let e = elementOf(own.line, k);
    y[e] = finished((F(x[e]) - origin - mean) * scale + shift, e);
  }
}

@compute @workgroup_size(64)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = indexOf(group, thread);
  if (i >= LINES * params.slices) { return; }
  let own = sliceOf(i);
  let channel = channelOfLine(own.line);
  let origin = statisticOf(0, channel, 0);
  let mean = statisticOf(1, channel, 0);
  let r = inverseDeviationOf(channel, 0);
  let scale = r * weightOf(channel);
  let product = r * meanGradient(0, channel);
  let plain = meanGradient(1, channel);
  for (var k = own.first + group.z; k < own.end; k += STEP) {
    let e = elementOf(own.line, k);
    y[e] = finished(scale * (F(dy[e]) - plain - (F(x[e]) - origin - mean) * product), e);
  }
}
