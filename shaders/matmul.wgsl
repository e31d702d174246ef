// y[b, r, c] = epilogue(Σ_k left[b, r, k] · right[b, k, c]): matrix product for GPUs, with any strides of left and right.
//
// y is [batch, rows, columns], contiguous. Fused: the epilogue. `partial` writes the sums of one slice of k (split-K), for outputs too small
// to fill the GPU (weight gradients); reduceSlices.wgsl adds the slices up.
//
// Tiling: a workgroup of 16 × 16 threads makes SPAN × SPAN outputs a thread in registers: 64 × 64 in all with SPAN 4, 128 × 128 with 8. It
// stages a tile of left and one of right in workgroup memory (8 KiB), k outermost, so that the values a thread needs of each stand in fours
// side by side: 8 reads for 16 multiplications, or 16 for 64.
// The staging loops run along whichever axis is contiguous in memory, so that neighbouring threads read neighbouring values.

struct Params {
  batch: u32,
  rows: u32,
  columns: u32,
  depth: u32,
  // Matrices of left and right; the batch uses them over and over.
  leftBatches: u32,
  leftRow: u32,
  leftDepth: u32,
  rightBatches: u32,
  rightDepth: u32,
  rightColumn: u32,
  // Steps of k in one slice.
  slice: u32,
  slices: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> left: array<T>;
@group(0) @binding(1) var<storage, read> right: array<T>;
@group(0) @binding(2) var<storage, read_write> y: array<T>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;

const TILE = 16u * SPAN;
const DEPTH = 64u / SPAN;
const FOURS = SPAN / 4u;
const ROW_TILES = (params.rows + TILE - 1u) / TILE;
const COLUMN_TILES = (params.columns + TILE - 1u) / TILE;

var<workgroup> leftTile: array<array<f32, TILE>, DEPTH>;
var<workgroup> rightTile: array<array<f32, TILE>, DEPTH>;

struct Place {
  row: u32,
  column: u32,
  batch: u32,
  slice: u32,
}

fn place(group: vec3u) -> Place {
  let id = group.x + group.y * params.gridX;
  let tile = id / COLUMN_TILES;
  let rest = tile / ROW_TILES;
  return Place((tile % ROW_TILES) * TILE, (id % COLUMN_TILES) * TILE, rest % params.batch, rest / params.batch);
}

fn stage(at: Place, k0: u32, end: u32, thread: u32) {
  for (var i = 0u; i < TILE * DEPTH; i += 256u) {
    let n = thread + i;
    // Rows or k fastest, after which of them is contiguous.
    let row = select(n / DEPTH, n % TILE, params.leftRow == 1u);
    let kl = select(n % DEPTH, n / TILE, params.leftRow == 1u);
    var value = 0f;
    if (at.row + row < params.rows && k0 + kl < end) {
      value = f32(left[at.batch % params.leftBatches * (params.rows * params.depth) + (at.row + row) * params.leftRow + (k0 + kl) * params.leftDepth]);
    }
    leftTile[kl][row] = value;
    let column = select(n % TILE, n / DEPTH, params.rightDepth == 1u);
    let kr = select(n / TILE, n % DEPTH, params.rightDepth == 1u);
    value = 0f;
    if (at.column + column < params.columns && k0 + kr < end) {
      value = f32(right[at.batch % params.rightBatches * (params.depth * params.columns) + (k0 + kr) * params.rightDepth + (at.column + column) * params.rightColumn]);
    }
    rightTile[kr][column] = value;
  }
}

// Row i of a thread's tile, four columns from 64·j on: sums[i * FOURS + j].
alias Sums = array<vec4f, SPAN * FOURS>;

fn product(at: Place, thread: u32) -> Sums {
  let r = (thread / 16u) * SPAN;
  let c = (thread % 16u) * 4u;
  let begin = at.slice * params.slice;
  let end = min(begin + params.slice, params.depth);
  var result: Sums;
  for (var k0 = begin; k0 < end; k0 += DEPTH) {
    stage(at, k0, end, thread);
    workgroupBarrier();
    for (var k = 0u; k < DEPTH; k++) {
      for (var j = 0u; j < FOURS; j++) {
        let d = c + 64u * j;
        let b = vec4f(rightTile[k][d], rightTile[k][d + 1u], rightTile[k][d + 2u], rightTile[k][d + 3u]);
        for (var i = 0u; i < SPAN; i++) { result[i * FOURS + j] = fma(vec4f(leftTile[k][r + i]), b, result[i * FOURS + j]); }
      }
    }
    workgroupBarrier();
  }
  return result;
}

@compute @workgroup_size(256)
fn whole(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = place(group);
  if (at.slice >= params.slices) { return; }
  var tile = product(at, thread);
  for (var i = 0u; i < SPAN * SPAN; i++) {
    let row = at.row + (thread / 16u) * SPAN + i / SPAN;
    let column = at.column + (thread % 16u) * 4u + i % SPAN / 4u * 64u + i % 4u;
    if (row < params.rows && column < params.columns) {
      let index = (at.batch * params.rows + row) * params.columns + column;
      y[index] = T(epilogue(tile[i / 4u][i % 4u], index));
    }
  }
}

@compute @workgroup_size(256)
fn partial(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = place(group);
  if (at.slice >= params.slices) { return; }
  var tile = product(at, thread);
  for (var i = 0u; i < SPAN * SPAN; i++) {
    let row = at.row + (thread / 16u) * SPAN + i / SPAN;
    let column = at.column + (thread % 16u) * 4u + i % SPAN / 4u * 64u + i % 4u;
    if (row < params.rows && column < params.columns) {
      sums[((at.slice * params.batch + at.batch) * params.rows + row) * params.columns + column] = tile[i / 4u][i % 4u];
    }
  }
}
