// Adafactor (Shazeer & Stern, arXiv 1804.04235) for all parameters at once; torch.optim.Adafactor's form, for a tensor [.., m, n]:
//
//   g = scale·dw      γ = t^β₂decay      R = R + γ·(mean of g² along rows − R)      C = C + γ·(mean of g² along columns − C)
//   V = R·Cᵀ / max(mean(R), ε₁); of a tensor of one dimension V = V + γ·(g² − V)      u = g / √max(V, ε₁²)
//   w = (1 − lr·λ)·w − max(ε₂, RMS(w))·min(lr, 1/√t) / max(1, RMS(u) / d)·u
//
// R has a value for each row of each matrix, C one for each column; together they are the factors. Launches: `parts` sums squares over slices of
// rows and columns, `factors` adds the slices and moves R and C, `rowMeans` takes the mean of R for each matrix, `estimate` moves V where it is
// kept whole and sums w² and u² by segment, tensorSums.wgsl adds the segments, `update` moves the parameters.
// Tiling: one invocation a factor and slice; THREADS a matrix in rowMeans (1 on CPU adapters); a workgroup a segment of at most 2048 elements.
// Arena: w, R, C, V.
// with lib/updateTensors.wgsl

struct Params {
  tiles: u32,
  matrices: u32,
  segments: u32,
  // Terms in a slice.
  slice: u32,
}

// Of each row, new for every step.
struct Rates { lr: f32, largest: f32, gain: f32, eps1: f32, eps2: f32, d: f32, decay: f32 }
// Rows or columns of a tensor: term k of factor f stands at first + (f / inner)·outerStride + (f % inner)·innerStride + k·step.
struct Axis {
  first: u32,
  inner: u32,
  outerStride: u32,
  innerStride: u32,
  step: u32,
  length: u32,
  factors: u32,
  // Where the factors stand in the arena.
  place: u32,
  // Tiles of one slice, slices, and the row of rates.
  tiles: u32,
  slices: u32,
  row: u32,
}
// 64 factors of an axis from `first` on, in one slice.
struct Tile { axis: u32, first: u32, slice: u32 }
struct Matrix { rowFactors: u32, rows: u32 }
// columns is 0 for a tensor whose squares are kept whole, at rowFactors.
struct Shape { first: u32, size: u32, rows: u32, columns: u32, rowFactors: u32, columnFactors: u32, matrix: u32 }

@group(0) @binding(7) var<storage, read> axes: array<Axis>;
@group(0) @binding(8) var<storage, read> tiles: array<Tile>;
@group(0) @binding(9) var<storage, read_write> slices: array<f32>;
@group(0) @binding(10) var<storage, read> slicesIn: array<f32>;
@group(0) @binding(11) var<storage, read> matrices: array<Matrix>;
@group(0) @binding(12) var<storage, read_write> means: array<f32>;
@group(0) @binding(13) var<storage, read> meansIn: array<f32>;
@group(0) @binding(14) var<storage, read> shapes: array<Shape>;

@compute @workgroup_size(64)
fn parts(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let id = group.x + group.y * groups.x;
  if (id >= params.tiles) { return; }
  let tile = tiles[id];
  let along = axes[tile.axis];
  let f = tile.first + local;
  if (f >= along.factors) { return; }
  let base = along.first + (f / along.inner) * along.outerStride + (f % along.inner) * along.innerStride;
  var sum = 0f;
  for (var k = tile.slice * params.slice; k < min((tile.slice + 1u) * params.slice, along.length); k++) {
    let g = scale[0] * dw[base + k * along.step];
    sum += g * g;
  }
  slices[id * 64u + local] = sum;
}

@compute @workgroup_size(64)
fn factors(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let id = group.x + group.y * groups.x;
  if (id >= params.tiles) { return; }
  let tile = tiles[id];
  let along = axes[tile.axis];
  let f = tile.first + local;
  if (f >= along.factors || tile.slice > 0u) { return; }
  var sum = 0f;
  for (var s = 0u; s < along.slices; s++) { sum += slicesIn[(id + s * along.tiles) * 64u + local]; }
  arena[along.place + f] = mix(arena[along.place + f], sum / f32(along.length), rates[along.row].gain);
}

var<workgroup> staged: array<f32, 64>;

@compute @workgroup_size(64)
fn rowMeans(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let m = (group.x + group.y * groups.x) * (64u / THREADS) + local / THREADS;
  var sum = 0f;
  if (m < params.matrices) {
    for (var r = local % THREADS; r < matrices[m].rows; r += THREADS) { sum += arena[matrices[m].rowFactors + r]; }
  }
  if (THREADS > 1u) {
    staged[local] = sum;
    workgroupBarrier();
    for (var half = 32u; half > 0u; half /= 2u) {
      if (local < half) { staged[local] += staged[local + half]; }
      workgroupBarrier();
    }
    sum = staged[0];
  }
  if (local % THREADS == 0u && m < params.matrices) { means[m] = sum / f32(matrices[m].rows); }
}

// The step of element i, before its length is bounded.
fn direction(i: u32, shape: Shape, rate: Rates) -> f32 {
  let at = i - shape.first;
  var v = 0f;
  if (shape.columns == 0u) {
    v = arena[shape.rowFactors + at];
  } else {
    let r = at / shape.columns;
    let m = r / shape.rows;
    let c = m * shape.columns + at % shape.columns;
    v = arena[shape.rowFactors + r] * arena[shape.columnFactors + c] / max(meansIn[shape.matrix + m], rate.eps1);
  }
  return scale[0] * dw[i] / sqrt(max(v, rate.eps1 * rate.eps1));
}

@compute @workgroup_size(64)
fn estimate(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let s = group.x + group.y * groups.x;
  if (s >= params.segments) { return; }
  let segment = segments[s];
  let shape = shapes[segment.tensor];
  let rate = rates[segment.row];
  var squares = vec2f();
  for (var i = segment.first + local; i < segment.end; i += 64u) {
    if (shape.columns == 0u) {
      let g = scale[0] * dw[i];
      let v = shape.rowFactors + i - shape.first;
      arena[v] = mix(arena[v], g * g, rate.gain);
    }
    let pair = vec2f(arena[i], direction(i, shape, rate));
    squares += pair * pair;
  }
  partials[s * 64u + local] = squares;
}

@compute @workgroup_size(64)
fn update(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let s = group.x + group.y * groups.x;
  if (s >= params.segments) { return; }
  let segment = segments[s];
  let shape = shapes[segment.tensor];
  let rate = rates[segment.row];
  let rms = sqrt(sums[segment.tensor] / f32(shape.size));
  let step = max(rate.eps2, rms.x) * rate.largest / max(1, rms.y / rate.d);
  for (var i = segment.first + local; i < segment.end; i += 64u) {
    arena[i] = (1 - rate.lr * rate.decay) * arena[i] - step * direction(i, shape, rate);
  }
}
