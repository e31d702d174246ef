// Muon (Jordan, 2024: kellerjordan.github.io/posts/muon) for all matrices at once; torch.optim.Muon's form:
//
//   g = scale·dw      b = μ·b + (1 − μ)·g      x = (1 − μ)·g + μ·b if Nesterov, else b      x = x / max(‖x‖, ε)
//   x = orthogonalised x (newtonSchulz.wgsl)      w = (1 − lr·λ)·w − lr·adjustment·x
//
// `momentum` makes x and sums its squares by segment, tensorSums.wgsl adds the segments, `normalize` divides, `update` moves the parameters.
// The adjustment for a matrix [rows, columns] is √max(1, rows / columns), or 0.2·√max(rows, columns) to match AdamW's RMS.
// Arena rows: w, b. Matrices begin at element `first`; x holds them alone. A workgroup takes a segment of at most 2048 elements of one matrix.
// with lib/updateTensors.wgsl

struct Params {
  // Elements of a row of the arena, and those before the matrices.
  count: u32,
  first: u32,
  segments: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

// Of each row, new for every step; gain is 1 − μ. As long as a row of adam.wgsl, which reads others of the same table.
struct Rates { lr: f32, gain: f32, eps: f32, decay: f32, unused0: f32, unused1: f32, unused2: f32 }
struct Matrix { rows: u32, columns: u32, at: u32, gram: u32 }

@group(0) @binding(7) var<storage, read_write> x: array<f32>;
@group(0) @binding(8) var<storage, read> orthogonal: array<f32>;
@group(0) @binding(9) var<storage, read> matrices: array<Matrix>;

@compute @workgroup_size(64)
fn momentum(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let s = group.x + group.y * params.gridX;
  if (s >= params.segments) { return; }
  let segment = segments[s];
  let rate = rates[segment.row];
  var squares = 0f;
  for (var i = segment.first + local; i < segment.end; i += 64u) {
    let g = scale[0] * dw[i];
    let b = mix(arena[params.count + i], g, rate.gain);
    arena[params.count + i] = b;
    let step = select(b, mix(b, g, rate.gain), NESTEROV);
    x[i - params.first] = step;
    squares += step * step;
  }
  partials[s * 64u + local] = vec2f(squares, 0);
}

@compute @workgroup_size(64)
fn normalize(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let s = group.x + group.y * params.gridX;
  if (s >= params.segments) { return; }
  let segment = segments[s];
  let norm = max(sqrt(sums[segment.tensor].x), rates[segment.row].eps);
  for (var i = segment.first + local; i < segment.end; i += 64u) { x[i - params.first] /= norm; }
}

@compute @workgroup_size(64)
fn update(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let s = group.x + group.y * params.gridX;
  if (s >= params.segments) { return; }
  let segment = segments[s];
  let rate = rates[segment.row];
  let rows = f32(matrices[segment.tensor].rows);
  let columns = f32(matrices[segment.tensor].columns);
  let adjustment = select(sqrt(max(1, rows / columns)), 0.2 * sqrt(max(rows, columns)), MATCH_ADAMW);
  for (var i = segment.first + local; i < segment.end; i += 64u) {
    arena[i] = (1 - rate.lr * rate.decay) * arena[i] - rate.lr * adjustment * orthogonal[i - params.first];
  }
}
