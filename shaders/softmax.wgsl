// Softmax along the rows of x, which lib/rows.wgsl describes:
//   forward:     y = epilogue(exp(x − max) / Σ exp(x − max));   logForward: y = epilogue(x − max − log Σ exp(x − max))
//   backward:    dx = epilogue(y · (dy − Σ dy·y));              logBackward: dx = epilogue(dy − exp(y) · Σ dy), from the output y
//
// Fused: maximum and sum (in one pass), division; the epilogue. The second pass reads the row again, from the cache, rather than keep it.
// with lib/rows.wgsl
// with lib/exponentials.wgsl

struct Params {
  rows: u32,
  columns: u32,
  inner: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> x: array<V>;
@group(0) @binding(1) var<storage, read_write> y: array<V>;
@group(0) @binding(2) var<storage, read> output: array<V>;
@group(0) @binding(3) var<storage, read> dy: array<V>;
@group(0) @binding(4) var<storage, read_write> dx: array<V>;

fn exponentialsOf(at: Place) -> Exponentials {
  var running = Running(F(LOWEST), F(0f));
  for (var c = at.first; c < params.columns; c += THREADS) { running = include(running, F(x[elementOf(at, c)])); }
  return ofRow(running, at);
}

@compute @workgroup_size(GROUP_SIZE)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = placeOf(group, thread);
  let e = exponentialsOf(at);
  if (!at.stored) { return; }
  let scale = 1f / e.sum;
  for (var c = at.first; c < params.columns; c += THREADS) {
    let i = elementOf(at, c);
    y[i] = finished(expOf(F(x[i]) - e.largest) * scale, i);
  }
}

@compute @workgroup_size(GROUP_SIZE)
fn logForward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = placeOf(group, thread);
  let e = exponentialsOf(at);
  if (!at.stored) { return; }
  let logSum = log(e.sum);
  for (var c = at.first; c < params.columns; c += THREADS) {
    let i = elementOf(at, c);
    y[i] = finished(F(x[i]) - e.largest - logSum, i);
  }
}

@compute @workgroup_size(GROUP_SIZE)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = placeOf(group, thread);
  var total = F(0f);
  for (var c = at.first; c < params.columns; c += THREADS) {
    let i = elementOf(at, c);
    total += F(dy[i]) * F(output[i]);
  }
  let sum = sumOfRow(sumOf(total), at);
  if (!at.stored) { return; }
  for (var c = at.first; c < params.columns; c += THREADS) {
    let i = elementOf(at, c);
    dx[i] = finished(F(output[i]) * (F(dy[i]) - sum), i);
  }
}

@compute @workgroup_size(GROUP_SIZE)
fn logBackward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = placeOf(group, thread);
  var total = F(0f);
  for (var c = at.first; c < params.columns; c += THREADS) { total += F(dy[elementOf(at, c)]); }
  let sum = sumOfRow(sumOf(total), at);
  if (!at.stored) { return; }
  for (var c = at.first; c < params.columns; c += THREADS) {
    let i = elementOf(at, c);
    dx[i] = finished(F(dy[i]) - expOf(F(output[i])) * sum, i);
  }
}
