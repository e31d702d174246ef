// Normalisation of x [n, channels, space] in groups of channels: the rows of lib/rows.wgsl are the n × groups groups (layer norm has one group
// and space 1, instance norm as many groups as channels). weight and bias belong to channels.
//   forward:       y = epilogue((x − mean) · r · weight + bias), r = 1 / √(variance + eps), with the biased variance
//   statistics:    [3, rows]: an element, the mean of the differences from it (a large mean would lose digits), variance
//   backward:      dx = epilogue(r · (g − mean(g) − x̂ · mean(g · x̂))), g = dy · weight, x̂ = (x − mean) · r
// Unless CENTRED, there is no mean, and the variance is the mean square: root mean square normalisation (arXiv 1910.07467).
//
// Fused: mean, variance and both affine steps; the epilogue. The variance comes from one pass over the differences from the row's first element
// (Welford's recurrence), so neither a large mean nor an outlying first element cancels digits.
// with lib/rows.wgsl

struct Params {
  rows: u32,
  columns: u32,
  inner: u32,
  // Channels of a row, and V of each; if ACROSS, a V holds neighbouring channels, and this is 1.
  channels: u32,
  space: u32,
  groups: u32,
  eps: f32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> x: array<V>;
@group(0) @binding(1) var<storage, read> weight: array<V>;
@group(0) @binding(2) var<storage, read> bias: array<V>;
@group(0) @binding(3) var<storage, read_write> y: array<V>;
@group(0) @binding(4) var<storage, read_write> found: array<f32>;
@group(0) @binding(5) var<storage, read> given: array<f32>;
@group(0) @binding(6) var<storage, read> dy: array<V>;
@group(0) @binding(7) var<storage, read_write> dx: array<V>;

const LENGTH = f32(params.columns * WIDTH);

struct Statistics {
  // What differences are taken from, and their mean.
  origin: f32,
  mean: f32,
  variance: f32,
}

fn statisticsOf(at: Place) -> Statistics {
  var mean = F(0f);
  var squares = F(0f);
  if (!CENTRED) {
    for (var c = at.first; c < params.columns; c += THREADS) {
      let value = F(x[elementOf(at, c)]);
      squares += value * value;
    }
    return Statistics(0, 0, sumOfRow(sumOf(squares), at) / LENGTH);
  }
  let origin = component(F(x[at.base]), 0);
  var count = 0f;
  for (var c = at.first; c < params.columns; c += THREADS) {
    count += 1;
    let value = F(x[elementOf(at, c)]) - origin;
    let change = value - mean;
    mean += change * (1f / count);
    squares += change * (value - mean);
  }
  let total = sumOfRow(sumOf(mean) * count, at) / LENGTH;
  let apart = mean - total;
  return Statistics(origin, total, sumOfRow(sumOf(squares + apart * apart * count), at) / LENGTH);
}

// Where the weight of the channel of element c stands.
fn channelOf(at: Place, c: u32) -> u32 {
  let first = (at.row % params.groups) * params.channels;
  return select(first + c / params.space, first / WIDTH + c, ACROSS);
}

fn weightOf(at: Place, c: u32) -> F {
  if (!WEIGHTED) { return F(1f); }
  let i = channelOf(at, c);
  if (ACROSS) { return F(weight[i]); }
  return F(component(F(weight[i / WIDTH]), i % WIDTH));
}

fn biasOf(at: Place, c: u32) -> F {
  if (!BIASED) { return F(0f); }
  let i = channelOf(at, c);
  if (ACROSS) { return F(bias[i]); }
  return F(component(F(bias[i / WIDTH]), i % WIDTH));
}

@compute @workgroup_size(GROUP_SIZE)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = placeOf(group, thread);
  let own = statisticsOf(at);
  if (!at.stored) { return; }
  let r = 1 / sqrt(own.variance + params.eps);
  for (var c = at.first; c < params.columns; c += THREADS) {
    let i = elementOf(at, c);
    y[i] = finished((F(x[i]) - own.origin - own.mean) * r * weightOf(at, c) + biasOf(at, c), i);
  }
}

@compute @workgroup_size(GROUP_SIZE)
fn statistics(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = placeOf(group, thread);
  let own = statisticsOf(at);
  if (!at.stored || at.part != 0u) { return; }
  found[at.row] = own.origin;
  found[params.rows + at.row] = own.mean;
  found[2 * params.rows + at.row] = own.variance;
}

@compute @workgroup_size(GROUP_SIZE)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = placeOf(group, thread);
  let origin = given[at.row];
  let mean = given[params.rows + at.row];
  let r = 1 / sqrt(given[2 * params.rows + at.row] + params.eps);
  var sums = F(0f);
  var products = F(0f);
  for (var c = at.first; c < params.columns; c += THREADS) {
    let i = elementOf(at, c);
    let g = F(dy[i]) * weightOf(at, c);
    sums += g;
    products += g * (F(x[i]) - origin - mean);
  }
  var sum = 0f;
  if (CENTRED) { sum = sumOfRow(sumOf(sums), at) / LENGTH; }
  let product = r * r * sumOfRow(sumOf(products), at) / LENGTH;
  if (!at.stored) { return; }
  for (var c = at.first; c < params.columns; c += THREADS) {
    let i = elementOf(at, c);
    dx[i] = finished(r * (F(dy[i]) * weightOf(at, c) - sum - (F(x[i]) - origin - mean) * product), i);
  }
}
