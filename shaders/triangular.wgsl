// a·y = b for triangular a [n, n], b and y [n, columns], for each matrix of a batch: substitution, row by row. The other triangle isn't read,
// nor the diagonal if UNIT, when it stands for ones. UPPER says which triangle of the matrix that is solved for, which is aᵀ if TRANSPOSED.
//
// Tiling: a thread has one column of b, which needs nothing of the others. Neighbours read neighbouring values of b.

struct Params {
  batch: u32,
  n: u32,
  columns: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(GROUP)
fn solve(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let id = (group.x + group.y * params.gridX) * GROUP + thread;
  if (id >= params.batch * params.columns) { return; }
  let matrix = id / params.columns * params.n;
  let column = id % params.columns;
  for (var step = group.z; step < params.n; step++) {
    let i = select(step, params.n - 1u - step, UPPER);
    let at = (matrix + i) * params.columns + column;
    var value = b[at];
    for (var done = group.z; done < step; done++) {
      let k = select(done, params.n - 1u - done, UPPER);
      value -= a[select((matrix + i) * params.n + k, (matrix + k) * params.n + i, TRANSPOSED)] * y[(matrix + k) * params.columns + column];
    }
    if (!UNIT) { value /= a[(matrix + i) * params.n + i]; }
    y[at] = value;
  }
}
