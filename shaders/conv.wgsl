// Convolution in one, two or three dimensions and its two gradients for GPUs, any stride, padding, dilation and groups:
//   y[n, o, p]  = epilogue(Σ_{i, k} x[n, i, p·s − padding + k·d] · w[o, i, k])
//   dx[n, i, q] = epilogue(Σ_{o, k} dy[n, o, (q + padding − k·d) / s] · w[o, i, k])
//   dw[o, i, k] = epilogue(Σ_{n, p} x[n, i, p·s − padding + k·d] · dy[n, o, p])
//
// x is [n, inChannels, d, h, w], w [outChannels, inChannels / groups, kd, kh, kw]. All three are matrix products of which the right side is
// gathered from an image while it is staged (implicit GEMM): no unfolded copy of the image. Fused: the epilogue.
//   whole, partial  64 × 64 outputs (64 × 128 if WIDE) a workgroup of 256, 4 × 4 (4 × 8) a thread; 16 steps of depth are staged in workgroup
//                   memory at a time, as vec4 along rows and columns. `partial` writes the sums of one slice of the depth; reduceSlices.wgsl
//                   adds them up.
//   direct          One output a thread, for forward and dx with few rows a group (depthwise): a tile would stand empty.
//   tree            One output a workgroup, for dw with few rows a group: the threads share the depth.
// with lib/convProduct.wgsl

const DEPTH = 16u;
const WIDTH = select(64u, 128u, WIDE);
const GROUP_COLUMNS = params.columns0 * params.columnsZ * params.columnsY * params.columnsX;
const GROUP_DEPTH = params.depth0 * params.depthZ * params.depthY * params.depthX;
const ROW_TILES = (params.rows + 63u) / 64u;
const COLUMN_TILES = (GROUP_COLUMNS + WIDTH - 1u) / WIDTH;

// One more a row than is used, so that writes along the depth fall into different banks.
var<workgroup> leftTile: array<array<vec4f, 17>, DEPTH>;
var<workgroup> rightTile: array<array<vec4f, WIDTH / 4u + 1u>, DEPTH>;

struct Place {
  row: u32,
  column: u32,
  group: u32,
  phase: u32,
  slice: u32,
  zero: u32,
}

fn place(group: vec3u) -> Place {
  let id = group.x + group.y * params.gridX;
  let tile = id / COLUMN_TILES;
  let rest = tile / ROW_TILES;
  return Place(
    (tile % ROW_TILES) * 64u,
    (id % COLUMN_TILES) * WIDTH,
    rest % params.groups,
    rest / params.groups % PHASES,
    rest / params.groups / PHASES,
    group.z,
  );
}

// A column or a step of depth: its outermost coordinate and its place (z, y, x).
struct Coordinates {
  outer: u32,
  at: vec3u,
}

fn columnAt(column: u32) -> Coordinates {
  let y = column / params.columnsX;
  let z = y / params.columnsY;
  return Coordinates(z / params.columnsZ, vec3u(z % params.columnsZ, y % params.columnsY, column % params.columnsX));
}

fn depthAt(k: u32) -> Coordinates {
  let y = k / params.depthX;
  let z = y / params.depthY;
  return Coordinates(z / params.depthZ, vec3u(z % params.depthZ, y % params.depthY, k % params.depthX));
}

// A column's window: where its plane begins, and the pixel at k = 0.
struct Window {
  base: u32,
  origin: vec3i,
}

fn windowOf(phase: Phase, group: u32, column: u32) -> Window {
  let c = columnAt(min(column, GROUP_COLUMNS - 1u));
  let step = vec3i(params.columnStepZ, params.columnStepY, params.columnStepX);
  return Window(group * params.rightGroup + c.outer * params.rightC0, phase.origin + vec3i(c.at) * step);
}

fn leftOf(phase: Phase, k: Coordinates) -> u32 {
  return phase.left + k.outer * params.leftK0 + dot(k.at, vec3u(vec3i(params.leftZ, params.leftY, params.leftX)));
}

// `&` and select instead of branches: compilers turn out less code, and faster.
fn pixel(window: Window, k: Coordinates, valid: bool) -> f32 {
  let p = vec3u(window.origin + vec3i(k.at) * vec3i(params.depthStepZ, params.depthStepY, params.depthStepX));
  let inside = valid & (p.x < params.sizeZ) & (p.y < params.sizeY) & (p.z < params.sizeX);
  let index = window.base + k.outer * params.rightK0 + (p.x * params.sizeY + p.y) * params.sizeX + p.z;
  return select(0, f32(right[select(0, index, inside)]), inside);
}

fn pixels(windows: array<Window, 4>, k: Coordinates, valid: bool) -> vec4f {
  return vec4f(pixel(windows[0], k, valid), pixel(windows[1], k, valid), pixel(windows[2], k, valid), pixel(windows[3], k, valid));
}

fn windowsOf(phase: Phase, group: u32, column: u32) -> array<Window, 4> {
  return array<Window, 4>(
    windowOf(phase, group, column),
    windowOf(phase, group, column + 1u),
    windowOf(phase, group, column + 2u),
    windowOf(phase, group, column + 3u),
  );
}

// Rows beyond the last repeat it, and aren't stored.
fn leftRows(group: u32, row: u32) -> vec4u {
  return group * params.leftGroup + min(row + vec4u(0, 1, 2, 3), vec4u(params.rows - 1u)) * params.leftRow;
}

// Four rows by four columns, and the four columns 64 to the right if WIDE.
fn product(at: Place, phase: Phase, thread: u32) -> array<vec4f, 8> {
  let r = thread / 16u;
  let c = thread % 16u;
  let begin = at.slice * params.slice * params.depthX;
  let end = min(begin + params.slice * params.depthX, GROUP_DEPTH);
  var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f();
  var t0 = vec4f(); var t1 = vec4f(); var t2 = vec4f(); var t3 = vec4f();
  // Neighbouring threads load neighbouring values: along k on the left; on the right along the columns, or along k for dw.
  let rows = leftRows(at.group, at.row + 4u * r);
  let column = select(c, r, DEPTH_FIRST);
  let depth = select(r, c, DEPTH_FIRST);
  let near = windowsOf(phase, at.group, at.column + 4u * column);
  var far = near;
  if (WIDE) { far = windowsOf(phase, at.group, at.column + 4u * column + 64u); }
  for (var k0 = begin; k0 < end; k0 += DEPTH) {
    let kl = depthAt(k0 + c);
    let known = (k0 + c < end) & all(kl.at < phase.taps);
    let i = select(vec4u(), rows + leftOf(phase, kl), known);
    leftTile[c][r] = select(vec4f(), vec4f(f32(left[i.x]), f32(left[i.y]), f32(left[i.z]), f32(left[i.w])), known);
    let kr = depthAt(k0 + depth);
    let valid = (k0 + depth < end) & all(kr.at < phase.taps);
    rightTile[depth][column] = pixels(near, kr, valid);
    if (WIDE) { rightTile[depth][(16u + column) % (WIDTH / 4u)] = pixels(far, kr, valid); }
    workgroupBarrier();
    // Four steps at a time: at.zero, which compilers can't know, keeps them from writing out all sixteen.
    for (var begun = at.zero; begun < DEPTH; begun += 4u) {
      for (var k = begun; k < begun + 4u; k++) {
        let a = leftTile[k][r];
        let b = rightTile[k][c];
        s0 = fma(vec4f(a.x), b, s0);
        s1 = fma(vec4f(a.y), b, s1);
        s2 = fma(vec4f(a.z), b, s2);
        s3 = fma(vec4f(a.w), b, s3);
        if (WIDE) {
          let d = rightTile[k][(16u + c) % (WIDTH / 4u)];
          t0 = fma(vec4f(a.x), d, t0);
          t1 = fma(vec4f(a.y), d, t1);
          t2 = fma(vec4f(a.z), d, t2);
          t3 = fma(vec4f(a.w), d, t3);
        }
      }
    }
    workgroupBarrier();
  }
  return array<vec4f, 8>(s0, s1, s2, s3, t0, t1, t2, t3);
}

// Where a column stands in the output, row 0; OUTSIDE where the matrix, or a phase that is shorter than the others, has ended.
fn columnPlace(phase: Phase, group: u32, column: u32) -> u32 {
  let c = columnAt(column);
  let p = phase.first + c.at * vec3u(params.phasesZ, params.phasesY, params.phasesX);
  let inside = (column < GROUP_COLUMNS) & (p.x < params.yZ) & (p.y < params.yY) & (p.z < params.yX);
  return select(OUTSIDE, group * params.yGroup + c.outer * params.yC0 + (p.x * params.yY + p.y) * params.yX + p.z, inside);
}

@compute @workgroup_size(256)
fn whole(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = place(group);
  if (at.slice >= params.slices) { return; }
  let phase = phaseOf(at.phase);
  var tile = product(at, phase, thread);
  let row = at.row + thread / 16u * 4u;
  for (var j = 0u; j < select(4u, 8u, WIDE); j++) {
    let place = columnPlace(phase, at.group, at.column + j / 4u * 64u + thread % 16u * 4u + j % 4u);
    for (var i = 0u; i < 4u; i++) {
      let index = place + (row + i) * params.yRow;
      if (place != OUTSIDE && row + i < params.rows) { y[index] = T(epilogue(tile[j / 4u * 4u + i][j % 4u], index)); }
    }
  }
}

@compute @workgroup_size(256)
fn partial(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = place(group);
  if (at.slice >= params.slices) { return; }
  let phase = phaseOf(at.phase);
  var tile = product(at, phase, thread);
  let row = at.row + thread / 16u * 4u;
  for (var j = 0u; j < select(4u, 8u, WIDE); j++) {
    let place = columnPlace(phase, at.group, at.column + j / 4u * 64u + thread % 16u * 4u + j % 4u);
    for (var i = 0u; i < 4u; i++) {
      let index = at.slice * params.length + place + (row + i) * params.yRow;
      if (place != OUTSIDE && row + i < params.rows) { sums[index] = tile[j / 4u * 4u + i][j % 4u]; }
    }
  }
}

@compute @workgroup_size(64)
fn direct(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let id = (group.x + group.y * params.gridX) * 64u + thread;
  let column = id % GROUP_COLUMNS;
  let rest = id / GROUP_COLUMNS;
  let phase = phaseOf(rest % PHASES);
  let row = rest / PHASES % params.rows;
  let g = rest / PHASES / params.rows;
  if (g >= params.groups) { return; }
  let window = windowOf(phase, g, column);
  let base = leftRows(g, row).x;
  var sum = 0f;
  for (var k0 = 0u; k0 < params.depth0; k0++) {
    for (var kz = 0u; kz < phase.taps.x; kz++) {
      for (var ky = 0u; ky < phase.taps.y; ky++) {
        for (var kx = 0u; kx < phase.taps.z; kx++) {
          let k = Coordinates(k0, vec3u(kz, ky, kx));
          sum = fma(f32(left[base + leftOf(phase, k)]), pixel(window, k, true), sum);
        }
      }
    }
  }
  let place = columnPlace(phase, g, column);
  let index = place + row * params.yRow;
  if (place != OUTSIDE) { y[index] = T(epilogue(sum, index)); }
}

var<workgroup> branches: array<f32, 256>;

@compute @workgroup_size(256)
fn tree(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let id = group.x + group.y * params.gridX;
  let column = id % GROUP_COLUMNS;
  let row = id / GROUP_COLUMNS % params.rows;
  let g = id / GROUP_COLUMNS / params.rows;
  if (g >= params.groups) { return; }
  let phase = phaseOf(0);
  let window = windowOf(phase, g, column);
  let base = leftRows(g, row).x;
  var sum = 0f;
  for (var i = thread; i < GROUP_DEPTH; i += 256u) {
    let k = depthAt(i);
    sum = fma(f32(left[base + leftOf(phase, k)]), pixel(window, k, true), sum);
  }
  branches[thread] = sum;
  for (var half = 128u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (thread < half) { branches[thread] += branches[thread + half]; }
  }
  if (thread == 0u) {
    let index = columnPlace(phase, g, column) + row * params.yRow;
    y[index] = T(epilogue(branches[0], index));
  }
}
