// Gaussian elimination with partial pivoting, for each matrix a [n, n] of a batch:
//   solve:        a·y = b, with b and y [n, columns]
//   determinant:  y = [det a, sign of it, log |det a|]
// A singular matrix gives infinities or NaN in `solve`, and [0, 0, −∞] in `determinant`.
//
// The elimination runs in `lu`, scratch memory [batch, n, n + columns] that begins as [a | b]. Step j takes the largest value of column j in or
// below row j as the pivot. Tiling: THREADS threads a matrix share the columns; all of them find the pivot, nobody writes column j in step j, and
// one barrier a step suffices: the owner of column j swaps its two rows in the next step. (Loops start at group.z, which is 0 and not known to be: no unrolling.) Back substitution goes column by column of b. With one
// thread a matrix nothing is exchanged: for many matrices on CPU adapters, and small ones everywhere.

struct Params {
  batch: u32,
  n: u32,
  columns: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> lu: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

struct Place {
  matrix: u32,
  thread: u32,
}

// Threads past the last matrix meet the others at barriers, but have no columns.
fn place(group: vec3u, thread: u32) -> Place {
  let matrix = (group.x + group.y * params.gridX) * (GROUP / THREADS) + thread / THREADS;
  return Place(min(matrix, params.batch - 1u), select(0xffffffffu, thread % THREADS, matrix < params.batch));
}

// Step by step, row p with the pivot and row j change places, and the rows below lose multiples of it. Gives the sign of the permutation.
fn eliminate(at: Place, width: u32, zero: u32) -> f32 {
  let base = at.matrix * params.n * width;
  var sign = 1f;
  var before = params.n;
  for (var j = zero; j < params.n; j++) {
    // What step j − 1 left undone in its own column.
    if (j > 0u && at.thread == (j - 1u) % THREADS) { swap(base + (j - 1u) * width + j - 1u, base + before * width + j - 1u); }
    var p = j;
    for (var i = j + 1u; i < params.n; i++) {
      if (abs(lu[base + i * width + j]) > abs(lu[base + p * width + j])) { p = i; }
    }
    sign *= select(-1f, 1f, p == j);
    let pivot = lu[base + p * width + j];
    for (var c = at.thread; c < width; c += THREADS) {
      if (c <= j) { continue; }
      swap(base + j * width + c, base + p * width + c);
      let top = lu[base + j * width + c];
      for (var i = j + 1u; i < params.n; i++) {
        // Row p of column j still holds the pivot, row j what belongs to row p.
        let factor = lu[base + select(i, j, i == p) * width + j] / pivot;
        lu[base + i * width + c] -= factor * top;
      }
    }
    before = p;
    if (THREADS > 1u) { storageBarrier(); }
  }
  return sign;
}

fn swap(i: u32, j: u32) {
  let value = lu[i];
  lu[i] = lu[j];
  lu[j] = value;
}

@compute @workgroup_size(GROUP)
fn solve(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = place(group, thread);
  let width = params.n + params.columns;
  let base = at.matrix * params.n * width;
  for (var i = at.thread; i < params.n * width; i += THREADS) {
    let row = at.matrix * params.n + i / width;
    let c = i % width;
    if (c < params.n) { lu[base + i] = a[row * params.n + c]; } else { lu[base + i] = b[row * params.columns + c - params.n]; }
  }
  if (THREADS > 1u) { storageBarrier(); }
  eliminate(at, width, group.z);
  for (var c = at.thread; c < params.columns; c += THREADS) {
    for (var i = params.n; i > group.z; i--) {
      let row = base + (i - 1u) * width;
      var value = lu[row + params.n + c];
      for (var k = i; k < params.n; k++) { value -= lu[row + k] * y[(at.matrix * params.n + k) * params.columns + c]; }
      y[(at.matrix * params.n + i - 1u) * params.columns + c] = value / lu[row + i - 1u];
    }
  }
}

@compute @workgroup_size(GROUP)
fn determinant(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = place(group, thread);
  let size = params.n * params.n;
  for (var i = at.thread; i < size; i += THREADS) { lu[at.matrix * size + i] = a[at.matrix * size + i]; }
  if (THREADS > 1u) { storageBarrier(); }
  let swaps = eliminate(at, params.n, group.z);
  if (at.thread > 0u) { return; }
  var product = swaps;
  var signs = swaps;
  var logarithm = 0f;
  for (var i = group.z; i < params.n; i++) {
    let value = lu[at.matrix * size + i * (params.n + 1u)];
    product *= value;
    signs *= sign(value);
    // group.z is 0, which compilers can't know: they refuse a constant infinity.
    logarithm += select(log(abs(value)), bitcast<f32>(0xff800000u + group.z), value == 0);
  }
  y[at.matrix * 3u] = product;
  y[at.matrix * 3u + 1u] = signs;
  y[at.matrix * 3u + 2u] = logarithm;
}
