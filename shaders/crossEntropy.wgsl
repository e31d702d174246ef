// Cross-entropy along the rows of logits, which lib/rows.wgsl describes, with one label a row and label smoothing ε:
//   forward:  loss[r] = epilogue(max + log Σ exp(logits − max) − (1 − ε)·logits[label] − ε·mean(logits))
//   backward: dlogits[r, c] = epilogue((exp(logits − max) / Σ exp(logits − max) − (1 − ε)·[c = label] − ε/classes) · dloss[r])
//
// A label that is no class (PyTorch's ignore_index −100, as u32, say) gives loss and gradient 0. Fused: log-softmax, choice of the label and,
// in the backward pass, the product with dloss; the epilogue. The probabilities are never stored.
// with lib/rows.wgsl
// with lib/exponentials.wgsl

struct Params {
  rows: u32,
  columns: u32,
  inner: u32,
  smoothing: f32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> logits: array<V>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read_write> loss: array<T>;
@group(0) @binding(3) var<storage, read> dloss: array<T>;
@group(0) @binding(4) var<storage, read_write> dlogits: array<V>;

const CLASSES = params.columns * WIDTH;
const SHARE = params.smoothing / f32(CLASSES);

@compute @workgroup_size(GROUP_SIZE)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = placeOf(group, thread);
  var running = Running(F(LOWEST), F(0f));
  var total = F(0f);
  for (var c = at.first; c < params.columns; c += THREADS) {
    let v = F(logits[elementOf(at, c)]);
    running = include(running, v);
    if (params.smoothing > 0) { total += v; }
  }
  let e = ofRow(running, at);
  var uniform_part = 0f;
  if (params.smoothing > 0) { uniform_part = SHARE * sumOfRow(sumOf(total), at); }
  if (!at.stored || at.part != 0u) { return; }
  let label = labels[at.row];
  let chosen = min(label, CLASSES - 1u);
  let own = component(F(logits[elementOf(at, chosen / WIDTH)]), chosen % WIDTH);
  var value = log(e.sum) + (e.largest - own);
  if (params.smoothing > 0) { value += params.smoothing * own - uniform_part; }
  loss[at.row] = T(epilogue(select(0, value, label < CLASSES), at.row));
}

@compute @workgroup_size(GROUP_SIZE)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = placeOf(group, thread);
  var running = Running(F(LOWEST), F(0f));
  for (var c = at.first; c < params.columns; c += THREADS) { running = include(running, F(logits[elementOf(at, c)])); }
  let e = ofRow(running, at);
  if (!at.stored) { return; }
  let label = labels[at.row];
  let scale = f32(dloss[at.row]);
  let normal = 1f / e.sum;
  for (var c = at.first; c < params.columns; c += THREADS) {
    let i = elementOf(at, c);
    let gradient = expOf(F(logits[i]) - e.largest) * normal - isChosen(c, label) * (1f - params.smoothing) - SHARE;
    dlogits[i] = finished(select(F(0f), gradient * scale, label < CLASSES), i);
  }
}
