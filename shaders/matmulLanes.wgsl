enable subgroups;
// y[b, r, c] = epilogue(Σ_k left[b, r, k] · right[b, k, c]): matrix product for adapters that run on the CPU.
//
// left, right and y have any strides, so transposed operands cost nothing, and the lowering may compute yᵀ = rightᵀ·leftᵀ when that fills
// the lanes better. Fused: the epilogue. `partial` writes the sums of one slice of k (split-K); reduceSlices.wgsl adds the slices up.
//
// Tiling: ROWS (4 to 16) × 4 columns a thread, columns along the lanes. A CPU adapter runs the invocations of a subgroup in one SIMD
// register, and nearly all its time goes into loads, each a gather of one value a lane. So each load must feed many multiplications: the
// lanes load LANES different rows of `left` with one gather, and subgroupBroadcast, a register shuffle, hands each to all lanes. That makes
// 8 gathers for 64 multiplications, where reading `left` at a uniform index takes 20. Workgroup memory would only add copies and barriers.

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
  yRow: u32,
  yColumn: u32,
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

struct Place {
  row: u32,
  column: u32,
  batch: u32,
  slice: u32,
  // Which compilers can't know: loops from here are not unrolled into many times the code to compile, with the epilogue in it.
  zero: u32,
}

const ROW_TILES = (params.rows + ROWS - 1u) / ROWS;
const COLUMN_TILES = (params.columns + LANE_COUNT * COLUMNS - 1u) / (LANE_COUNT * COLUMNS);
const REGISTERS = (ROWS + LANES - 1u) / LANES;

fn place(group: vec3u) -> Place {
  let id = group.x + group.y * params.gridX;
  let tile = id / ROW_TILES;
  let rest = tile / COLUMN_TILES;
  return Place((id % ROW_TILES) * ROWS + group.z, (tile % COLUMN_TILES) * (LANE_COUNT * COLUMNS), rest % params.batch, rest / params.batch, group.z);
}

fn leftOffset(at: Place, row: u32) -> u32 {
  return at.batch % params.leftBatches * (params.rows * params.depth) + min(row, params.rows - 1u) * params.leftRow;
}

fn rightOffset(at: Place, column: u32) -> u32 {
  return at.batch % params.rightBatches * (params.depth * params.columns) + min(column, params.columns - 1u) * params.rightColumn;
}

// Rows and columns beyond the matrix repeat the last one, and aren't stored.
fn product(at: Place, invocation: u32, lane: u32) -> array<vec4f, 16> {
  var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f();
  var s4 = vec4f(); var s5 = vec4f(); var s6 = vec4f(); var s7 = vec4f();
  var s8 = vec4f(); var s9 = vec4f(); var s10 = vec4f(); var s11 = vec4f();
  var s12 = vec4f(); var s13 = vec4f(); var s14 = vec4f(); var s15 = vec4f();
  let row = at.row + lane % LANES;
  let l0 = leftOffset(at, row);
  let l1 = leftOffset(at, row + LANES);
  let l2 = leftOffset(at, row + 2u * LANES);
  let l3 = leftOffset(at, row + 3u * LANES);
  let r0 = rightOffset(at, at.column + invocation);
  let r1 = rightOffset(at, at.column + invocation + LANE_COUNT);
  let r2 = rightOffset(at, at.column + invocation + 2u * LANE_COUNT);
  let r3 = rightOffset(at, at.column + invocation + 3u * LANE_COUNT);
  let begin = at.slice * params.slice;
  let end = min(begin + params.slice, params.depth);
  for (var k = begin + at.zero; k < end; k++) {
    let kl = k * params.leftDepth;
    let kr = k * params.rightDepth;
    var a = vec4f(f32(left[l0 + kl]), 0, 0, 0);
    if (REGISTERS > 1u) { a.y = f32(left[l1 + kl]); }
    if (REGISTERS > 2u) { a.z = f32(left[l2 + kl]); }
    if (REGISTERS > 3u) { a.w = f32(left[l3 + kl]); }
    var b = vec4f(f32(right[r0 + kr]), 0, 0, 0);
    if (COLUMNS > 1u) { b.y = f32(right[r1 + kr]); }
    if (COLUMNS > 2u) { b.z = f32(right[r2 + kr]); b.w = f32(right[r3 + kr]); }
    s0 = fma(vec4f(subgroupBroadcast(a[0], 0)), b, s0);
    s1 = fma(vec4f(subgroupBroadcast(a[0], 1)), b, s1);
    s2 = fma(vec4f(subgroupBroadcast(a[0], 2)), b, s2);
    s3 = fma(vec4f(subgroupBroadcast(a[0], 3)), b, s3);
    if (ROWS > 4u) {
      s4 = fma(vec4f(subgroupBroadcast(a[4u / LANES], 4u % LANES)), b, s4);
      s5 = fma(vec4f(subgroupBroadcast(a[5u / LANES], 5u % LANES)), b, s5);
      s6 = fma(vec4f(subgroupBroadcast(a[6u / LANES], 6u % LANES)), b, s6);
      s7 = fma(vec4f(subgroupBroadcast(a[7u / LANES], 7u % LANES)), b, s7);
    }
    if (ROWS > 8u) {
      s8 = fma(vec4f(subgroupBroadcast(a[8u / LANES], 8u % LANES)), b, s8);
      s9 = fma(vec4f(subgroupBroadcast(a[9u / LANES], 9u % LANES)), b, s9);
      s10 = fma(vec4f(subgroupBroadcast(a[10u / LANES], 10u % LANES)), b, s10);
      s11 = fma(vec4f(subgroupBroadcast(a[11u / LANES], 11u % LANES)), b, s11);
    }
    if (ROWS > 12u) {
      s12 = fma(vec4f(subgroupBroadcast(a[12u / LANES], 12u % LANES)), b, s12);
      s13 = fma(vec4f(subgroupBroadcast(a[13u / LANES], 13u % LANES)), b, s13);
      s14 = fma(vec4f(subgroupBroadcast(a[14u / LANES], 14u % LANES)), b, s14);
      s15 = fma(vec4f(subgroupBroadcast(a[15u / LANES], 15u % LANES)), b, s15);
    }
  }
  return array<vec4f, 16>(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15);
}

@compute @workgroup_size(LANE_COUNT)
fn whole(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) invocation: u32, @builtin(subgroup_invocation_id) lane: u32) {
  let at = place(group);
  if (at.slice >= params.slices) { return; }
  var tile = product(at, invocation, lane);
  let end = min(at.row + ROWS, params.rows);
  for (var row = at.row; row < end; row++) {
    let values = tile[row - at.row];
    for (var j = at.zero; j < COLUMNS; j++) {
      let column = at.column + invocation + j * LANE_COUNT;
      if (column < params.columns) {
        let index = at.batch * (params.rows * params.columns) + row * params.yRow + column * params.yColumn;
        y[index] = T(epilogue(values[j], index));
      }
    }
  }
}

@compute @workgroup_size(LANE_COUNT)
fn partial(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) invocation: u32, @builtin(subgroup_invocation_id) lane: u32) {
  let at = place(group);
  if (at.slice >= params.slices) { return; }
  var tile = product(at, invocation, lane);
  let base = (at.slice * params.batch + at.batch) * (params.rows * params.columns);
  let end = min(at.row + ROWS, params.rows);
  for (var row = at.row; row < end; row++) {
    let values = tile[row - at.row];
    for (var j = at.zero; j < COLUMNS; j++) {
      let column = at.column + invocation + j * LANE_COUNT;
      if (column < params.columns) { sums[base + row * params.yRow + column * params.yColumn] = values[j]; }
    }
  }
}
