enable subgroups;
// Convolution in one, two or three dimensions and its two gradients for adapters that run on the CPU, any stride, padding, dilation and groups:
//   y[n, o, p]  = epilogue(Σ_{i, k} x[n, i, p·s − padding + k·d] · w[o, i, k])
//   dx[n, i, q] = epilogue(Σ_{o, k} dy[n, o, (q + padding − k·d) / s] · w[o, i, k])
//   dw[o, i, k] = epilogue(Σ_{n, p} x[n, i, p·s − padding + k·d] · dy[n, o, p])
//
// x is [n, inChannels, d, h, w], w [outChannels, inChannels / groups, kd, kh, kw]. All three are matrix products of which the right side is
// gathered from an image as it is needed (implicit GEMM). Fused: the epilogue. `partial` writes the sums of one slice of the depth.
//
// Tiling: ROWS × COLUMNS a thread. Nearly all time goes into loads, each a gather of one value a lane (see matmulLanes.wgsl), so
//   - left goes round the lanes by subgroupBroadcast: one gather serves LANES rows;
//   - a thread's columns are neighbours in a row of pixels (a strip). Where a step along the kernel moves the window as far as the next column
//     stands, the values of the last step move up by one and only one is loaded;
//   - with few rows a group (depthwise convolutions, dx of a first layer), strips of all groups stand side by side in the lanes (SPREAD):
//     each lane loads its own left.
// The depth is walked as nested loops: no division in the inner ones.
// with lib/convProduct.wgsl

const STRIPS = (params.columnsX + COLUMNS - 1u) / COLUMNS;
const GROUP_STRIPS = params.columns0 * params.columnsZ * params.columnsY * STRIPS;
const LANE_STRIPS = GROUP_STRIPS * select(1u, params.groups, SPREAD);
const STRIP_TILES = (LANE_STRIPS + LANE_COUNT - 1u) / LANE_COUNT;
const ROW_TILES = (params.rows + ROWS - 1u) / ROWS;
const REGISTERS = (ROWS + LANES - 1u) / LANES;
const SLIDES = params.columnStepX == params.depthStepX;

struct Place {
  row: u32,
  strip: u32,
  group: u32,
  phase: u32,
  slice: u32,
}

fn place(group: vec3u) -> Place {
  let id = group.x + group.y * params.gridX;
  let tile = id / ROW_TILES;
  var rest = tile / STRIP_TILES;
  let g = select(rest % params.groups, 0, SPREAD);
  rest = select(rest / params.groups, rest, SPREAD);
  // group.z is 0, which compilers can't know: the loop over rows that stores the tile mustn't be unrolled with the epilogue in it, 16 times.
  return Place((id % ROW_TILES) * ROWS + group.z, (tile % STRIP_TILES) * LANE_COUNT, g, rest % PHASES, rest / PHASES);
}

// Neighbouring columns in one row of pixels: the group, and the first of them.
struct Strip {
  group: u32,
  c0: u32,
  at: vec3u,
}

// Strips beyond the last repeat it, and aren't stored.
fn stripOf(place: Place, invocation: u32) -> Strip {
  let i = min(place.strip + invocation, LANE_STRIPS - 1u);
  let row = i / STRIPS;
  let plane = row / params.columnsY;
  let c = plane / params.columnsZ;
  return Strip(
    place.group + c / params.columns0,
    c % params.columns0,
    vec3u(plane % params.columnsZ, row % params.columnsY, (i % STRIPS) * COLUMNS),
  );
}

// `&` instead of `&&`, which is a branch: SwiftShader then compiles five times as fast. Negative places become large as u32.
fn pixel(row: u32, x: i32) -> f32 {
  let inside = (row != OUTSIDE) & (u32(x) < params.sizeX);
  return select(0, f32(right[select(0, row + u32(x), inside)]), inside);
}

fn leftOffset(group: u32, row: u32) -> u32 {
  return group * params.leftGroup + min(row, params.rows - 1u) * params.leftRow;
}

// Rows beyond the last repeat it, and aren't stored.
fn product(group: vec3u, at: Place, strip: Strip, phase: Phase, lane: u32) -> array<vec4f, 16> {
  var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f();
  var s4 = vec4f(); var s5 = vec4f(); var s6 = vec4f(); var s7 = vec4f();
  var s8 = vec4f(); var s9 = vec4f(); var s10 = vec4f(); var s11 = vec4f();
  var s12 = vec4f(); var s13 = vec4f(); var s14 = vec4f(); var s15 = vec4f();
  let step = select(LANES, 1u, SPREAD);
  let row = at.row + select(lane % LANES, 0, SPREAD);
  let l0 = leftOffset(strip.group, row);
  let l1 = leftOffset(strip.group, row + step);
  let l2 = leftOffset(strip.group, row + 2u * step);
  let l3 = leftOffset(strip.group, row + 3u * step);
  let base = strip.group * params.rightGroup + strip.c0 * params.rightC0;
  let origin = phase.origin + vec3i(strip.at) * vec3i(params.columnStepZ, params.columnStepY, params.columnStepX);
  let begin = at.slice * params.slice;
  let end = min(begin + params.slice, params.depth0 * phase.taps.x * phase.taps.y);
  var ky = begin % phase.taps.y;
  var kz = begin / phase.taps.y % phase.taps.x;
  var k0 = begin / phase.taps.y / phase.taps.x;
  for (var k = begin; k < end; k++) {
    let z = u32(origin.x + i32(kz) * params.depthStepZ);
    let y = u32(origin.y + i32(ky) * params.depthStepY);
    let pixels = select(
      OUTSIDE,
      base + k0 * params.rightK0 + (z * params.sizeY + y) * params.sizeX,
      (z < params.sizeZ) & (y < params.sizeY),
    );
    var x = origin.z;
    var kl = phase.left + k0 * params.leftK0 + kz * u32(params.leftZ) + ky * u32(params.leftY);
    var b = vec4f();
    if (SLIDES) {
      if (COLUMNS > 1u) { b.y = pixel(pixels, x); x += params.columnStepX; }
      if (COLUMNS > 2u) { b.z = pixel(pixels, x); x += params.columnStepX; }
      if (COLUMNS > 3u) { b.w = pixel(pixels, x); x += params.columnStepX; }
    }
    // From group.z: no unrolling.
    for (var kx = group.z; kx < phase.taps.z; kx++) {
      let next = pixel(pixels, x);
      if (SLIDES) {
        if (COLUMNS == 1u) { b.x = next; }
        if (COLUMNS == 2u) { b = vec4f(b.y, next, 0, 0); }
        if (COLUMNS == 3u) { b = vec4f(b.yz, next, 0); }
        if (COLUMNS == 4u) { b = vec4f(b.yzw, next); }
      } else {
        b.x = next;
        if (COLUMNS > 1u) { b.y = pixel(pixels, x + params.columnStepX); }
        if (COLUMNS > 2u) { b.z = pixel(pixels, x + 2 * params.columnStepX); }
        if (COLUMNS > 3u) { b.w = pixel(pixels, x + 3 * params.columnStepX); }
      }
      x += params.depthStepX;
      var a = vec4f(f32(left[l0 + kl]), 0, 0, 0);
      if (REGISTERS > 1u || (SPREAD && ROWS > 1u)) { a.y = f32(left[l1 + kl]); }
      if (REGISTERS > 2u || (SPREAD && ROWS > 2u)) { a.z = f32(left[l2 + kl]); }
      if (REGISTERS > 3u || (SPREAD && ROWS > 2u)) { a.w = f32(left[l3 + kl]); }
      kl += u32(params.leftX);
      if (SPREAD) {
        s0 = fma(vec4f(a.x), b, s0);
        if (ROWS > 1u) { s1 = fma(vec4f(a.y), b, s1); }
        if (ROWS > 2u) { s2 = fma(vec4f(a.z), b, s2); s3 = fma(vec4f(a.w), b, s3); }
      } else {
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
    ky++;
    let lastY = ky == phase.taps.y;
    ky = select(ky, 0, lastY);
    kz += u32(lastY);
    let lastZ = kz == phase.taps.x;
    kz = select(kz, 0, lastZ);
    k0 += u32(lastZ);
  }
  return array<vec4f, 16>(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15);
}

// Where the strip's column j stands in the output; OUTSIDE if nowhere.
fn outputIndex(phase: Phase, strip: Strip, row: u32, j: u32) -> u32 {
  let stride = vec3u(params.phasesZ, params.phasesY, params.phasesX);
  let p = phase.first + (strip.at + vec3u(0, 0, j)) * stride;
  let base = strip.group * params.yGroup + row * params.yRow + strip.c0 * params.yC0;
  let inside = (p.x < params.yZ) & (p.y < params.yY) & (p.z < params.yX);
  return select(OUTSIDE, base + (p.x * params.yY + p.y) * params.yX + p.z, inside);
}

@compute @workgroup_size(LANE_COUNT)
fn whole(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) invocation: u32, @builtin(subgroup_invocation_id) lane: u32) {
  let at = place(group);
  if (at.slice >= params.slices) { return; }
  let strip = stripOf(at, invocation);
  let phase = phaseOf(at.phase);
  var tile = product(group, at, strip, phase, lane);
  let end = select(at.row, min(at.row + ROWS, params.rows), at.strip + invocation < LANE_STRIPS);
  for (var row = at.row; row < end; row++) {
    let values = tile[row - at.row];
    for (var j = group.z; j < COLUMNS; j++) {
      let index = outputIndex(phase, strip, row, j);
      if (index != OUTSIDE) { y[index] = T(epilogue(values[j], index)); }
    }
  }
}

@compute @workgroup_size(LANE_COUNT)
fn partial(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) invocation: u32, @builtin(subgroup_invocation_id) lane: u32) {
  let at = place(group);
  if (at.slice >= params.slices) { return; }
  let strip = stripOf(at, invocation);
  let phase = phaseOf(at.phase);
  var tile = product(group, at, strip, phase, lane);
  let end = select(at.row, min(at.row + ROWS, params.rows), at.strip + invocation < LANE_STRIPS);
  for (var row = at.row; row < end; row++) {
    let values = tile[row - at.row];
    for (var j = group.z; j < COLUMNS; j++) {
      let index = outputIndex(phase, strip, row, j);
      if (index != OUTSIDE) { sums[at.slice * params.length + index] = values[j]; }
    }
  }
}
