// 2-D convolution and its two gradients for GPUs, any stride, padding, dilation and groups:
//   y[n, o, oy, ox]  = epilogue(Σ_{i, ky, kx} x[n, i, oy·s − p + ky·d, ox·s − p + kx·d] · w[o, i, ky, kx])
//   dx[n, i, iy, ix] = epilogue(Σ_{o, ky, kx} dy[n, o, (iy + p − ky·d) / s, …] · w[o, i, ky, kx])
//   dw[o, i, ky, kx] = epilogue(Σ_{n, oy, ox} x[n, i, oy·s − p + ky·d, …] · dy[n, o, oy, ox])
//
// x is [n, inChannels, height, width], w [outChannels, inChannels / groups, kh, kw]. All three are matrix products of which the right side is
// gathered from an image while it is staged (implicit GEMM): no unfolded copy of the image. Fused: the epilogue. `partial` writes the sums of
// one slice of the depth; reduceSlices.wgsl adds them up.
//
// Tiling as in matmul.wgsl: 64 × 64 outputs a workgroup of 256, 4 × 4 a thread, 16 steps of depth staged in workgroup memory at a time.

// One description for the three passes (see src/engine/ops/lower/conv2d.ts): rows r, columns c = (c0, c1, c2) and depth k = (k0, k1, k2) are
//            rows            columns        depth          left    right
//   forward  outChannel      n, oy, ox      ic, ky, kx     w       x
//   dx       inChannel       n, iy, ix      oc, ky, kx     w       dy
//   dw       outChannel      ic, ky, kx     n, oy, ox      dy      x
// left lies at r·leftRow + k0·leftK0 + k1·leftK1 + k2; right at c0·rightC0 + k0·rightK0 in the plane's pixel
//   ((c1·columnStepY + k1·depthStepY − offsetY) / divideY, the same in x), which is 0 where that is outside or the division leaves a rest.
struct Params {
  groups: u32,
  rows: u32,
  columns: u32,
  columns1: u32,
  columns2: u32,
  depth0: u32,
  depth1: u32,
  depth2: u32,
  leftGroup: u32,
  leftRow: u32,
  leftK0: u32,
  leftK1: u32,
  rightGroup: u32,
  rightC0: u32,
  rightK0: u32,
  height: u32,
  width: u32,
  columnStepY: i32,
  columnStepX: i32,
  depthStepY: i32,
  depthStepX: i32,
  offsetY: i32,
  offsetX: i32,
  divideY: i32,
  divideX: i32,
  yGroup: u32,
  yRow: u32,
  yC0: u32,
  // Elements of the output, for the slices of a split sum.
  length: u32,
  // Pairs (k0, k1) in one slice.
  slice: u32,
  slices: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> left: array<T>;
@group(0) @binding(1) var<storage, read> right: array<T>;
@group(0) @binding(2) var<storage, read_write> y: array<T>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;

const TILE = 64u;
const DEPTH = 16u;
const ROW_TILES = (params.rows + TILE - 1u) / TILE;
const COLUMN_TILES = (params.columns + TILE - 1u) / TILE;

var<workgroup> leftTile: array<array<f32, TILE>, DEPTH>;
var<workgroup> rightTile: array<array<f32, TILE>, DEPTH>;

struct Place {
  row: u32,
  column: u32,
  group: u32,
  slice: u32,
}

fn place(group: vec3u) -> Place {
  let id = group.x + group.y * params.gridX;
  let tile = id / COLUMN_TILES;
  let rest = tile / ROW_TILES;
  return Place((tile % ROW_TILES) * TILE, (id % COLUMN_TILES) * TILE, rest % params.groups, rest / params.groups);
}

fn loadLeft(at: Place, row: u32, k: u32, end: u32) -> f32 {
  if (row >= params.rows || k >= end) { return 0; }
  let k01 = k / params.depth2;
  let k0 = (k01 / params.depth1) * params.leftK0 + (k01 % params.depth1) * params.leftK1;
  return f32(left[at.group * params.leftGroup + row * params.leftRow + k0 + k % params.depth2]);
}

fn loadRight(at: Place, column: u32, k: u32, end: u32) -> f32 {
  let plane = params.columns1 * params.columns2;
  let k01 = k / params.depth2;
  let c1 = i32((column % plane) / params.columns2);
  let c2 = i32(column % params.columns2);
  let y = c1 * params.columnStepY + i32(k01 % params.depth1) * params.depthStepY - params.offsetY;
  let x = c2 * params.columnStepX + i32(k % params.depth2) * params.depthStepX - params.offsetX;
  if (column >= params.columns || k >= end || y < 0 || x < 0 || y % params.divideY != 0 || x % params.divideX != 0) { return 0; }
  let row = u32(y / params.divideY);
  let across = u32(x / params.divideX);
  if (row >= params.height || across >= params.width) { return 0; }
  let base = at.group * params.rightGroup + (column / plane) * params.rightC0 + (k01 / params.depth1) * params.rightK0;
  return f32(right[base + row * params.width + across]);
}

fn product(at: Place, thread: u32) -> mat4x4f {
  let r = (thread / 16u) * 4u;
  let c = (thread % 16u) * 4u;
  let begin = at.slice * params.slice * params.depth2;
  let end = min(begin + params.slice * params.depth2, params.depth0 * params.depth1 * params.depth2);
  var s0 = vec4f();
  var s1 = vec4f();
  var s2 = vec4f();
  var s3 = vec4f();
  for (var k0 = begin; k0 < end; k0 += DEPTH) {
    for (var i = 0u; i < TILE * DEPTH; i += 256u) {
      // Neighbouring threads take neighbouring values: along k on the left; on the right along the columns, or along k for dw.
      let n = thread + i;
      leftTile[n % DEPTH][n / DEPTH] = loadLeft(at, at.row + n / DEPTH, k0 + n % DEPTH, end);
      let column = select(n % TILE, n / DEPTH, DEPTH_FIRST);
      let k = select(n / TILE, n % DEPTH, DEPTH_FIRST);
      rightTile[k][column] = loadRight(at, at.column + column, k0 + k, end);
    }
    workgroupBarrier();
    for (var k = 0u; k < DEPTH; k++) {
      let b = vec4f(rightTile[k][c], rightTile[k][c + 1u], rightTile[k][c + 2u], rightTile[k][c + 3u]);
      s0 = fma(vec4f(leftTile[k][r]), b, s0);
      s1 = fma(vec4f(leftTile[k][r + 1u]), b, s1);
      s2 = fma(vec4f(leftTile[k][r + 2u]), b, s2);
      s3 = fma(vec4f(leftTile[k][r + 3u]), b, s3);
    }
    workgroupBarrier();
  }
  return mat4x4f(s0, s1, s2, s3);
}

fn outputIndex(at: Place, row: u32, column: u32) -> u32 {
  let plane = params.columns1 * params.columns2;
  return at.group * params.yGroup + row * params.yRow + (column / plane) * params.yC0 + column % plane;
}

@compute @workgroup_size(256)
fn whole(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = place(group);
  if (at.slice >= params.slices) { return; }
  var tile = product(at, thread);
  for (var i = 0u; i < 4u; i++) {
    let row = at.row + (thread / 16u) * 4u + i;
    for (var j = 0u; j < 4u; j++) {
      let column = at.column + (thread % 16u) * 4u + j;
      if (row < params.rows && column < params.columns) {
        let index = outputIndex(at, row, column);
        y[index] = T(epilogue(tile[i][j], index));
      }
    }
  }
}

@compute @workgroup_size(256)
fn partial(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = place(group);
  if (at.slice >= params.slices) { return; }
  var tile = product(at, thread);
  for (var i = 0u; i < 4u; i++) {
    let row = at.row + (thread / 16u) * 4u + i;
    for (var j = 0u; j < 4u; j++) {
      let column = at.column + (thread % 16u) * 4u + j;
      if (row < params.rows && column < params.columns) { sums[at.slice * params.length + outputIndex(at, row, column)] = tile[i][j]; }
    }
  }
}
