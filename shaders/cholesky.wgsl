// Cholesky factors: y·yᵀ = x with y lower triangular, for each matrix x [n, n] of a batch. Only the lower triangle of x is read.
//
// Column by column: y[j, j] = √(x[j, j] − Σ_k y[j, k]²), y[i, j] = (x[i, j] − Σ_k y[i, k]·y[j, k]) / y[j, j] for i > j, k < j. A matrix that isn't
// positive definite gets NaN from the column on where that shows.
//
// Tiling: THREADS threads a matrix, which share the rows of a column and meet at a barrier after each. With one thread a matrix nothing is
// exchanged: for many matrices on CPU adapters, and small ones everywhere.

struct Params {
  batch: u32,
  n: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(GROUP)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let matrix = (group.x + group.y * params.gridX) * (GROUP / THREADS) + thread / THREADS;
  // Threads past the last matrix meet the others at barriers, but have no rows.
  let base = min(matrix, params.batch - 1u) * params.n * params.n;
  let first = select(params.n, thread % THREADS, matrix < params.batch);
  for (var j = group.z; j < params.n; j++) {
    let row = base + j * params.n;
    var rest = x[row + j];
    for (var k = group.z; k < j; k++) { rest -= y[row + k] * y[row + k]; }
    // group.z is 0, which compilers can't know: they refuse a constant NaN.
    let diagonal = select(bitcast<f32>(0x7fc00000u + group.z), sqrt(rest), rest > 0);
    for (var i = first; i < params.n; i += THREADS) {
      let at = base + i * params.n;
      var value = 0f;
      if (i == j) {
        value = diagonal;
      } else if (i > j) {
        value = x[at + j];
        for (var k = group.z; k < j; k++) { value -= y[at + k] * y[row + k]; }
        value /= diagonal;
      }
      y[at + j] = value;
    }
    if (THREADS > 1u) { storageBarrier(); }
  }
}
