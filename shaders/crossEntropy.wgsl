// Cross-entropy of logits [rows, classes] with one label a row:
//   forward:  loss[r] = epilogue(max + log Σ exp(logits − max) − logits[r, label])
//   backward: dlogits[r, c] = epilogue((exp(logits − max) / Σ exp(logits − max) − [c = label]) · dloss[r])
//
// A label that is no class (PyTorch's ignore_index −100, as u32, say) gives loss and gradient 0. Fused: log-softmax, choice of the label and,
// in the backward pass, the product with dloss; the epilogue. The probabilities are never stored.
// Tiling: a row is shared by THREADS threads that stride through it, so that neighbours read neighbouring values; THREADS is 1 on CPU adapters
// and for short rows, where a workgroup takes GROUP_SIZE rows instead.

struct Params {
  rows: u32,
  columns: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> logits: array<T>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read_write> loss: array<T>;
@group(0) @binding(3) var<storage, read> dloss: array<T>;
@group(0) @binding(4) var<storage, read_write> dlogits: array<T>;

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
  var largest = f32(logits[at.base]);
  for (var c = at.first; c < params.columns; c += THREADS) { largest = max(largest, f32(logits[at.base + c])); }
  return maxOfRow(largest, thread);
}

fn sumOfExponentials(at: Place, largest: f32, thread: u32) -> f32 {
  var sum = 0f;
  for (var c = at.first; c < params.columns; c += THREADS) { sum += exp(f32(logits[at.base + c]) - largest); }
  return sumOfRow(sum, thread);
}

@compute @workgroup_size(GROUP_SIZE)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = place(group, thread);
  let largest = largestOf(at, thread);
  let sum = sumOfExponentials(at, largest, thread);
  if (!at.stored || at.first != 0u) { return; }
  let label = labels[at.row];
  let value = log(sum) + (largest - f32(logits[at.base + min(label, params.columns - 1u)]));
  loss[at.row] = T(epilogue(select(0, value, label < params.columns), at.row));
}

@compute @workgroup_size(GROUP_SIZE)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = place(group, thread);
  let largest = largestOf(at, thread);
  let sum = sumOfExponentials(at, largest, thread);
  if (!at.stored) { return; }
  let label = labels[at.row];
  let scale = f32(dloss[at.row]);
  for (var c = at.first; c < params.columns; c += THREADS) {
    let i = at.base + c;
    let gradient = (exp(f32(logits[i]) - largest) / sum - select(0f, 1f, c == label)) * scale;
    dlogits[i] = T(epilogue(select(0, gradient, label < params.columns), i));
  }
}
