// y[b, r] = epilogue(Σ_k matrix[b, r, k] · vector[b, k]): matrix product with one row or one column, where tiles would be empty for the most part.
//
// matrix has any strides, so either operand of a product can be it, transposed or not; the vector's elements stand side by side. Fused: the
// epilogue. `partial` writes the sums of one slice of k; reduceSlices.wgsl adds the slices up.
//
// Tiling: memory sets the pace, so threads read neighbouring values: THREADS of them share rows whose elements of k are neighbours and add
// up in workgroup memory; otherwise, and on CPU adapters, each thread has rows of its own. Four rows a thread use each element of the vector.

struct Params {
  batch: u32,
  rows: u32,
  depth: u32,
  // Matrices and vectors; the batch uses them over and over.
  matrices: u32,
  matrixRow: u32,
  matrixDepth: u32,
  vectors: u32,
  // Steps of k in one slice.
  slice: u32,
  slices: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> matrix: array<T>;
@group(0) @binding(1) var<storage, read> vector: array<T>;
@group(0) @binding(2) var<storage, read_write> y: array<T>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;

const LINES = GROUP / THREADS;
const ROW_TILES = (params.rows + 4u * LINES - 1u) / (4u * LINES);

var<workgroup> staged: array<vec4f, GROUP>;

struct Place {
  rows: vec4u,
  batch: u32,
  slice: u32,
}

fn place(group: vec3u, thread: u32) -> Place {
  let id = group.x + group.y * params.gridX;
  let rest = id / ROW_TILES;
  let row = id % ROW_TILES * 4u * LINES + thread / THREADS;
  return Place(row + vec4u(0, 1, 2, 3) * LINES, rest % params.batch, rest / params.batch);
}

// Rows beyond the matrix repeat the last one, and aren't stored.
fn product(at: Place, thread: u32, zero: u32) -> vec4f {
  let begin = at.slice * params.slice;
  let end = min(begin + params.slice, params.depth);
  let m = at.batch % params.matrices * (params.rows * params.depth) + min(at.rows, vec4u(params.rows - 1u)) * params.matrixRow;
  var sum = vec4f();
  for (var k = begin + thread % THREADS + zero; k < end; k += THREADS) {
    let i = m + k * params.matrixDepth;
    let values = vec4f(f32(matrix[i.x]), f32(matrix[i.y]), f32(matrix[i.z]), f32(matrix[i.w]));
    sum = fma(values, vec4f(f32(vector[at.batch % params.vectors * params.depth + k])), sum);
  }
  if (THREADS == 1u) { return sum; }
  staged[thread] = sum;
  workgroupBarrier();
  for (var half = THREADS / 2u; half > 0u; half /= 2u) {
    if (thread % THREADS < half) { staged[thread] += staged[thread + half]; }
    workgroupBarrier();
  }
  return staged[thread];
}

@compute @workgroup_size(GROUP)
fn whole(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = place(group, thread);
  let sum = product(at, thread, group.z);
  if (at.slice >= params.slices || thread % THREADS > 0u) { return; }
  for (var j = group.z; j < 4u; j++) {
    if (at.rows[j] >= params.rows) { return; }
    let i = at.batch * params.rows + at.rows[j];
    y[i] = T(epilogue(sum[j], i));
  }
}

@compute @workgroup_size(GROUP)
fn partial(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = place(group, thread);
  let sum = product(at, thread, group.z);
  if (at.slice >= params.slices || thread % THREADS > 0u) { return; }
  for (var j = group.z; j < 4u; j++) {
    if (at.rows[j] >= params.rows) { return; }
    sums[(at.slice * params.batch + at.batch) * params.rows + at.rows[j]] = sum[j];
  }
}
