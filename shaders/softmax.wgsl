// Softmax over the last axis of x [rows, columns]:
//   forward:     y = epilogue(exp(x − max) / Σ exp(x − max));   logForward: y = epilogue(x − max − log Σ exp(x − max))
//   backward:    dx = epilogue(y · (dy − Σ dy·y));              logBackward: dx = epilogue(dy − exp(y) · Σ dy), from the output y
//
// Fused: maximum, sum and division; the epilogue. The row is read again in each pass, from the cache, rather than kept.
// Tiling: a row is shared by THREADS threads that stride through it, so that neighbours read neighbouring values; THREADS is 1 on CPU adapters
// and for short rows, where a workgroup takes GROUP_SIZE rows instead.

struct Params {
  rows: u32,
  columns: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;
@group(0) @binding(2) var<storage, read> output: array<T>;
@group(0) @binding(3) var<storage, read> dy: array<T>;
@group(0) @binding(4) var<storage, read_write> dx: array<T>;

// A row is shared by THREADS threads of the workgroup; with one thread a row, nothing is exchanged and no barrier is met.
const ROWS_PER_GROUP = GROUP_SIZE / THREADS;
var<workgroup> staged: array<f32, GROUP_SIZE>;

fn maxOfRow(value: f32, thread: u32) -> f32 {
  if (THREADS == 1u) { return value; }
  staged[thread] = value;
  workgroupBarrier();
  for (var half = THREADS / 2u; half > 0u; half /= 2u) {
    if (thread < half) { staged[thread] = max(staged[thread], staged[thread + half]); }
    workgroupBarrier();
  }
  let largest = staged[0];
  workgroupBarrier();
  return largest;
}

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

fn largestOf(at: Place, thread: u32) -> f32 {
  var largest = f32(x[at.base]);
  for (var c = at.first; c < params.columns; c += THREADS) { largest = max(largest, f32(x[at.base + c])); }
  return maxOfRow(largest, thread);
}

fn sumOfExponentials(at: Place, largest: f32, thread: u32) -> f32 {
  var sum = 0f;
  for (var c = at.first; c < params.columns; c += THREADS) { sum += exp(f32(x[at.base + c]) - largest); }
  return sumOfRow(sum, thread);
}

@compute @workgroup_size(GROUP_SIZE)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = place(group, thread);
  let largest = largestOf(at, thread);
  let sum = sumOfExponentials(at, largest, thread);
  if (!at.stored) { return; }
  for (var c = at.first; c < params.columns; c += THREADS) {
    let i = at.base + c;
    y[i] = T(epilogue(exp(f32(x[i]) - largest) / sum, i));
  }
}

@compute @workgroup_size(GROUP_SIZE)
fn logForward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = place(group, thread);
  let largest = largestOf(at, thread);
  let logSum = log(sumOfExponentials(at, largest, thread));
  if (!at.stored) { return; }
  for (var c = at.first; c < params.columns; c += THREADS) {
    let i = at.base + c;
    y[i] = T(epilogue(f32(x[i]) - largest - logSum, i));
  }
}

@compute @workgroup_size(GROUP_SIZE)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = place(group, thread);
  var sum = 0f;
  for (var c = at.first; c < params.columns; c += THREADS) { sum += f32(dy[at.base + c]) * f32(output[at.base + c]); }
  sum = sumOfRow(sum, thread);
  if (!at.stored) { return; }
  for (var c = at.first; c < params.columns; c += THREADS) {
    let i = at.base + c;
    dx[i] = T(epilogue(f32(output[i]) * (f32(dy[i]) - sum), i));
  }
}

@compute @workgroup_size(GROUP_SIZE)
fn logBackward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = place(group, thread);
  var sum = 0f;
  for (var c = at.first; c < params.columns; c += THREADS) { sum += f32(dy[at.base + c]); }
  sum = sumOfRow(sum, thread);
  if (!at.stored) { return; }
  for (var c = at.first; c < params.columns; c += THREADS) {
    let i = at.base + c;
    dx[i] = T(epilogue(f32(dy[i]) - exp(f32(output[i])) * sum, i));
  }
}
