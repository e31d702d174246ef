// Layer normalisation of x [rows, columns] along its rows, without the affine part:
//   forward:  y = epilogue((x − mean) · r), r = 1 / √(variance + eps), with the biased variance
//   backward: dx = epilogue(r · (dy − mean(dy) − y · mean(dy · y)))
//
// Fused: mean, variance (of the differences from the mean, in a second pass: stable) and division; the epilogue. The backward pass finds mean
// and variance anew from x, which costs two passes over cached rows and saves storing them.
// Tiling: a row is shared by THREADS threads that stride through it, so that neighbours read neighbouring values; THREADS is 1 on CPU adapters
// and for short rows, where a workgroup takes GROUP_SIZE rows instead.

struct Params {
  rows: u32,
  columns: u32,
  eps: f32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;
@group(0) @binding(2) var<storage, read> dy: array<T>;
@group(0) @binding(3) var<storage, read_write> dx: array<T>;

// A row is shared by THREADS threads of the workgroup; with one thread a row, nothing is exchanged and no barrier is met.
const ROWS_PER_GROUP = GROUP_SIZE / THREADS;
var<workgroup> staged: array<f32, GROUP_SIZE>;

fn sumOfRow(value: f32, thread: u32) -> f32 {
  if (THREADS == 1u) { return value; }
  staged[thread] = value;
  workgroupBarrier();
  for (var half = THREADS / 2u; half > 0u; half /= 2u) {
    if (thread < half) { staged[thread] += staged[thread + half]; }
    workgroupBarrier();
  }
  let sum = staged[0];
  workgroupBarrier();
  return sum;
}

// First row and thread within it. Rows beyond the last repeat it, and aren't stored.
struct Place {
  row: u32,
  stored: bool,
  base: u32,
  first: u32,
}

fn place(group: vec3u, thread: u32) -> Place {
  let row = (group.x + group.y * params.gridX) * ROWS_PER_GROUP + thread / THREADS;
  let inside = min(row, params.rows - 1u);
  // group.z is 0, which compilers can't know: they would unroll the loops over short rows, at half a second a kernel.
  return Place(inside, row < params.rows, inside * params.columns, thread % THREADS + group.z);
}

fn meanOf(at: Place, thread: u32) -> f32 {
  var sum = 0f;
  for (var c = at.first; c < params.columns; c += THREADS) { sum += f32(x[at.base + c]); }
  return sumOfRow(sum, thread) / f32(params.columns);
}

fn inverseDeviationOf(at: Place, mean: f32, thread: u32) -> f32 {
  var sum = 0f;
  for (var c = at.first; c < params.columns; c += THREADS) {
    let difference = f32(x[at.base + c]) - mean;
    sum += difference * difference;
  }
  return 1 / sqrt(sumOfRow(sum, thread) / f32(params.columns) + params.eps);
}

@compute @workgroup_size(GROUP_SIZE)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = place(group, thread);
  let mean = meanOf(at, thread);
  let r = inverseDeviationOf(at, mean, thread);
  if (!at.stored) { return; }
  for (var c = at.first; c < params.columns; c += THREADS) {
    let i = at.base + c;
    y[i] = T(epilogue((f32(x[i]) - mean) * r, i));
  }
}

@compute @workgroup_size(GROUP_SIZE)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = place(group, thread);
  let mean = meanOf(at, thread);
  let r = inverseDeviationOf(at, mean, thread);
  var sum = 0f;
  var product = 0f;
  for (var c = at.first; c < params.columns; c += THREADS) {
    let i = at.base + c;
    sum += f32(dy[i]);
    product += f32(dy[i]) * (f32(x[i]) - mean) * r;
  }
  sum = sumOfRow(sum, thread) / f32(params.columns);
  product = sumOfRow(product, thread) / f32(params.columns);
  if (!at.stored) { return; }
  for (var c = at.first; c < params.columns; c += THREADS) {
    let i = at.base + c;
    dx[i] = T(epilogue(r * (f32(dy[i]) - sum - (f32(x[i]) - mean) * r * product), i));
  }
}
