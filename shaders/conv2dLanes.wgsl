enable subgroups;
// 2-D convolution and its two gradients for adapters that run on the CPU, any stride, padding, dilation and groups:
//   y[n, o, oy, ox]  = epilogue(Σ_{i, ky, kx} x[n, i, oy·s − p + ky·d, ox·s − p + kx·d] · w[o, i, ky, kx])
//   dx[n, i, iy, ix] = epilogue(Σ_{o, ky, kx} dy[n, o, (iy + p − ky·d) / s, …] · w[o, i, ky, kx])
//   dw[o, i, ky, kx] = epilogue(Σ_{n, oy, ox} x[n, i, oy·s − p + ky·d, …] · dy[n, o, oy, ox])
//
// x is [n, inChannels, height, width], w [outChannels, inChannels / groups, kh, kw]. All three are matrix products of which the right side is
// gathered from an image as it is needed (implicit GEMM). Fused: the epilogue. `partial` writes the sums of one slice of the depth.
//
// Tiling as in matmulLanes.wgsl: ROWS × 4 columns a thread, the columns (pixels across rows and images) along the lanes, so that 3 × 3 planes
// fill them too; left goes round the lanes by subgroupBroadcast. The depth is walked as nested loops: no division in the inner one.

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

const ROW_TILES = (params.rows + ROWS - 1u) / ROWS;
const COLUMN_TILES = (params.columns + LANE_COUNT * COLUMNS - 1u) / (LANE_COUNT * COLUMNS);
const REGISTERS = (ROWS + LANES - 1u) / LANES;

struct Place {
  row: u32,
  column: u32,
  group: u32,
  slice: u32,
}

fn place(group: vec3u) -> Place {
  let id = group.x + group.y * params.gridX;
  let tile = id / ROW_TILES;
  let rest = tile / COLUMN_TILES;
  // group.z is 0, which compilers can't know: the loop over rows that stores the tile mustn't be unrolled with the epilogue in it, 16 times.
  return Place((id % ROW_TILES) * ROWS + group.z, (tile % COLUMN_TILES) * (LANE_COUNT * COLUMNS), rest % params.groups, rest / params.groups);
}

// A column's plane, and where its window stands in it.
struct Window {
  base: u32,
  y: i32,
  x: i32,
}

fn window(at: Place, column: u32) -> Window {
  let c = min(column, params.columns - 1u);
  let plane = params.columns1 * params.columns2;
  let c1 = i32((c % plane) / params.columns2);
  let c2 = i32(c % params.columns2);
  return Window(
    at.group * params.rightGroup + (c / plane) * params.rightC0,
    c1 * params.columnStepY - params.offsetY,
    c2 * params.columnStepX - params.offsetX,
  );
}

// Start of the row of pixels that the window reads for k0, k1; OUTSIDE if there is none.
const OUTSIDE = 0xffffffffu;
fn pixelRow(origin: Window, k0: u32, k1: u32) -> u32 {
  let y = origin.y + i32(k1) * params.depthStepY;
  let row = u32(y) / u32(params.divideY);
  let inside = (row < params.height) & (row * u32(params.divideY) == u32(y));
  return select(OUTSIDE, origin.base + k0 * params.rightK0 + row * params.width, inside);
}

// `&` instead of `&&`, which is a branch: SwiftShader then compiles five times as fast. Negative places become large as u32.
fn pixel(row: u32, origin: Window, k2: u32) -> f32 {
  let x = origin.x + i32(k2) * params.depthStepX;
  let column = u32(x) / u32(params.divideX);
  let inside = (row != OUTSIDE) & (column < params.width) & (column * u32(params.divideX) == u32(x));
  return select(0, f32(right[select(0, row + column, inside)]), inside);
}

fn leftOffset(at: Place, row: u32) -> u32 {
  return at.group * params.leftGroup + min(row, params.rows - 1u) * params.leftRow;
}

// Rows and columns beyond the matrix repeat the last one, and aren't stored.
fn product(group: vec3u, at: Place, invocation: u32, lane: u32) -> array<vec4f, 16> {
  var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f();
  var s4 = vec4f(); var s5 = vec4f(); var s6 = vec4f(); var s7 = vec4f();
  var s8 = vec4f(); var s9 = vec4f(); var s10 = vec4f(); var s11 = vec4f();
  var s12 = vec4f(); var s13 = vec4f(); var s14 = vec4f(); var s15 = vec4f();
  let row = at.row + lane % LANES;
  let l0 = leftOffset(at, row);
  let l1 = leftOffset(at, row + LANES);
  let l2 = leftOffset(at, row + 2u * LANES);
  let l3 = leftOffset(at, row + 3u * LANES);
  let column = at.column + invocation;
  let w0 = window(at, column);
  let w1 = window(at, column + LANE_COUNT);
  let w2 = window(at, column + 2u * LANE_COUNT);
  let w3 = window(at, column + 3u * LANE_COUNT);
  // Unknown to compilers unless UNROLL: large products repay the longer compilation.
  let first = select(group.z, 0, UNROLL);
  let begin = at.slice * params.slice;
  let end = min(begin + params.slice, params.depth0 * params.depth1);
  for (var k01 = begin; k01 < end; k01++) {
    let k0 = k01 / params.depth1;
    let k1 = k01 % params.depth1;
    let r0 = pixelRow(w0, k0, k1);
    let r1 = pixelRow(w1, k0, k1);
    let r2 = pixelRow(w2, k0, k1);
    let r3 = pixelRow(w3, k0, k1);
    let left01 = k0 * params.leftK0 + k1 * params.leftK1;
    for (var k2 = first; k2 < params.depth2; k2++) {
      let k = left01 + k2;
      var a = vec4f(f32(left[l0 + k]), 0, 0, 0);
      if (REGISTERS > 1u) { a.y = f32(left[l1 + k]); }
      if (REGISTERS > 2u) { a.z = f32(left[l2 + k]); }
      if (REGISTERS > 3u) { a.w = f32(left[l3 + k]); }
      var b = vec4f(pixel(r0, w0, k2), 0, 0, 0);
      if (COLUMNS > 1u) { b.y = pixel(r1, w1, k2); }
      if (COLUMNS > 2u) { b.z = pixel(r2, w2, k2); b.w = pixel(r3, w3, k2); }
      s0 = fma(vec4f(subgroupBroadcast(a[0u / LANES], 0u % LANES)), b, s0);
      s1 = fma(vec4f(subgroupBroadcast(a[1u / LANES], 1u % LANES)), b, s1);
      s2 = fma(vec4f(subgroupBroadcast(a[2u / LANES], 2u % LANES)), b, s2);
      s3 = fma(vec4f(subgroupBroadcast(a[3u / LANES], 3u % LANES)), b, s3);
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
  }
  return array<vec4f, 16>(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15);
}

fn outputIndex(at: Place, row: u32, column: u32) -> u32 {
  let plane = params.columns1 * params.columns2;
  return at.group * params.yGroup + row * params.yRow + (column / plane) * params.yC0 + column % plane;
}

@compute @workgroup_size(LANE_COUNT)
fn whole(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) invocation: u32, @builtin(subgroup_invocation_id) lane: u32) {
  let at = place(group);
  if (at.slice >= params.slices) { return; }
  var tile = product(group, at, invocation, lane);
  let end = min(at.row + ROWS, params.rows);
  for (var row = at.row; row < end; row++) {
    let values = tile[row - at.row];
    for (var j = 0u; j < COLUMNS; j++) {
      let column = at.column + invocation + j * LANE_COUNT;
      if (column < params.columns) {
        let index = outputIndex(at, row, column);
        y[index] = T(epilogue(values[j], index));
      }
    }
  }
}

@compute @workgroup_size(LANE_COUNT)
fn partial(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) invocation: u32, @builtin(subgroup_invocation_id) lane: u32) {
  let at = place(group);
  if (at.slice >= params.slices) { return; }
  var tile = product(group, at, invocation, lane);
  let end = min(at.row + ROWS, params.rows);
  for (var row = at.row; row < end; row++) {
    let values = tile[row - at.row];
    for (var j = 0u; j < COLUMNS; j++) {
      let column = at.column + invocation + j * LANE_COUNT;
      if (column < params.columns) { sums[at.slice * params.length + outputIndex(at, row, column)] = values[j]; }
    }
  }
}
