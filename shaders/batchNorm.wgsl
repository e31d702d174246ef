// Batch normalisation of x [n, channels, space] by channel, without the affine part.
//   moments:  [2, channels]: mean and biased variance of each channel
//   backward: dx = epilogue(r · (dy − mean(dy) − y · mean(dy · y))), y = (x − mean) · r, r = 1 / √(variance + eps)
//
// The sums over n and space run in two launches: `partialMoments` and `partialSums` sum one slice of a channel a thread, `mergeMoments` and
// `mergeSums` combine the slices in order (Chan's formula for the variances, so nothing cancels). `apply` is element-wise. Fused: the epilogue,
// in mergeMoments and apply. The slices of a channel interleave, so that neighbouring threads read neighbouring values.

struct Params {
  n: u32,
  channels: u32,
  space: u32,
  slices: u32,
  eps: f32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> moments: array<T>;
@group(0) @binding(2) var<storage, read> dy: array<T>;
@group(0) @binding(3) var<storage, read_write> dx: array<T>;
@group(0) @binding(4) var<storage, read_write> partials: array<vec2f>;
@group(0) @binding(5) var<storage, read> partialsIn: array<vec2f>;
@group(0) @binding(6) var<storage, read_write> means: array<vec2f>;
@group(0) @binding(7) var<storage, read> meansIn: array<vec2f>;
@group(0) @binding(8) var<storage, read_write> y: array<T>;

const COUNT = params.n * params.space;

// Element k of a channel.
fn element(channel: u32, k: u32) -> u32 {
  return ((k / params.space) * params.channels + channel) * params.space + k % params.space;
}

fn sliceLength(slice: u32) -> f32 {
  return f32((COUNT - slice + params.slices - 1u) / params.slices);
}

// Mean, and sum of the squared differences from it.
@compute @workgroup_size(64)
fn partialMoments(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (group.x + group.y * params.gridX) * 64u + thread;
  if (i >= params.channels * params.slices) { return; }
  let channel = i / params.slices;
  let slice = i % params.slices + group.z;
  var sum = 0f;
  for (var k = slice; k < COUNT; k += params.slices) { sum += f32(x[element(channel, k)]); }
  let mean = sum / sliceLength(slice);
  var squares = 0f;
  for (var k = slice; k < COUNT; k += params.slices) {
    let difference = f32(x[element(channel, k)]) - mean;
    squares += difference * difference;
  }
  partials[i] = vec2f(mean, squares);
}

// Loops over slices begin at group.z, which is 0 without compilers knowing: they would unroll them.
@compute @workgroup_size(64)
fn mergeMoments(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let channel = (group.x + group.y * params.gridX) * 64u + thread;
  if (channel >= params.channels) { return; }
  var count = 0f;
  var mean = 0f;
  var squares = 0f;
  for (var slice = group.z; slice < params.slices; slice++) {
    let partial = partialsIn[channel * params.slices + slice];
    let added = sliceLength(slice);
    let difference = partial.x - mean;
    count += added;
    mean += difference * (added / count);
    squares += partial.y + difference * difference * added * (1 - added / count);
  }
  y[channel] = T(epilogue(mean, channel));
  y[params.channels + channel] = T(epilogue(squares / count, params.channels + channel));
}

fn inverseDeviation(channel: u32) -> f32 {
  return 1 / sqrt(f32(moments[params.channels + channel]) + params.eps);
}

@compute @workgroup_size(64)
fn partialSums(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (group.x + group.y * params.gridX) * 64u + thread;
  if (i >= params.channels * params.slices) { return; }
  let channel = i / params.slices;
  let mean = f32(moments[channel]);
  var sums = vec2f();
  for (var k = i % params.slices; k < COUNT; k += params.slices) {
    let at = element(channel, k);
    sums += f32(dy[at]) * vec2f(1, f32(x[at]) - mean);
  }
  partials[i] = sums;
}

@compute @workgroup_size(64)
fn mergeSums(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let channel = (group.x + group.y * params.gridX) * 64u + thread;
  if (channel >= params.channels) { return; }
  var sums = vec2f();
  for (var slice = group.z; slice < params.slices; slice++) { sums += partialsIn[channel * params.slices + slice]; }
  let r = inverseDeviation(channel);
  means[channel] = sums * vec2f(1, r * r) / f32(COUNT);
}

@compute @workgroup_size(64)
fn apply(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (group.x + group.y * params.gridX) * 64u + thread;
  if (i >= params.channels * COUNT) { return; }
  let channel = (i / params.space) % params.channels;
  let mean = meansIn[channel];
  let difference = f32(x[i]) - f32(moments[channel]);
  dx[i] = T(epilogue(inverseDeviation(channel) * (f32(dy[i]) - mean.x - difference * mean.y), i));
}
