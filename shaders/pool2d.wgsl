// Pooling of [planes, height, width] to [planes, outHeight, outWidth]; window (oy, ox) covers the pixels oy·s − p + ky·d, ox·s − p + kx·d.
// ADAPTIVE windows have no stride: window oy covers the rows from ⌊oy·height / outHeight⌋ up to ⌈(oy + 1)·height / outHeight⌉, as PyTorch's
// do, and kh is the most rows that one covers; columns likewise.
//   maxForward:  y = epilogue(max over the window), padding counting as −∞; NaN wins
//   maxIndices:  where the window's first maximum stands in its plane
//   maxBackward: dx = epilogue(Σ of dy over the windows of which this pixel is the first maximum, in row order: PyTorch's rule)
//   maxGather:   y = epilogue(dx at the window's first maximum in x): the transpose of maxBackward, for second derivatives
//   avgForward:  y = epilogue(sum over the window / count); count is kh·kw or, without padding included, the pixels inside
//   avgBackward: dx = epilogue(Σ dy / count over the windows that hold this pixel)
//
//   maxBackwardDisjoint: the same where no two windows overlap: each window writes the pixels it owns, so it is searched once
//
// Fused: the epilogue. One output a thread (EACH, on CPU adapters, which pay for every workgroup), neighbouring threads on neighbouring
// outputs. The backward passes gather, from the few windows that hold a pixel, so overlapping windows need no atomics; maxBackward reads
// where their maxima are, which maxIndices finds out just before. Loops take the same turns in all threads: what lies outside is masked.

struct Params {
  planes: u32,
  height: i32,
  width: i32,
  outHeight: i32,
  outWidth: i32,
  kh: i32,
  kw: i32,
  strideH: i32,
  strideW: i32,
  padTop: i32,
  padLeft: i32,
  padBottom: i32,
  padRight: i32,
  dilationH: i32,
  dilationW: i32,
  // The most windows that hold one pixel, along each axis.
  windowsY: i32,
  windowsX: i32,
  // 1 if an average counts padding.
  includePad: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> dy: array<T>;
@group(0) @binding(2) var<storage, read_write> y: array<T>;
@group(0) @binding(3) var<storage, read_write> dx: array<T>;
@group(0) @binding(4) var<storage, read_write> indices: array<u32>;
@group(0) @binding(5) var<storage, read> maxima: array<u32>;

const IN_PLANE = u32(params.height * params.width);
const OUT_PLANE = u32(params.outHeight * params.outWidth);
const INPUTS = params.planes * IN_PLANE;
const OUTPUTS = params.planes * OUT_PLANE;

// The place that a thread works on in one of its EACH steps. Loops over steps begin at group.z, which is 0 without compilers knowing: they would unroll them.
fn placeOf(group: vec3u, thread: u32, step: u32) -> u32 {
  return ((group.x + group.y * params.gridX) * EACH + step) * 64u + thread;
}

// A window's first row or column, which may stand in the padding, and where it ends at the latest.
struct Span {
  first: i32,
  end: i32,
}

fn rowsOf(oy: i32) -> Span {
  if (ADAPTIVE) {
    return Span(oy * params.height / params.outHeight, ((oy + 1) * params.height + params.outHeight - 1) / params.outHeight);
  }
  return Span(oy * params.strideH - params.padTop, params.height);
}

fn columnsOf(ox: i32) -> Span {
  if (ADAPTIVE) { return Span(ox * params.width / params.outWidth, ((ox + 1) * params.width + params.outWidth - 1) / params.outWidth); }
  return Span(ox * params.strideW - params.padLeft, params.width);
}

// The place in x of a window's first maximum; NONE if the window holds no pixel.
fn maximumPlace(plane: u32, oy: i32, ox: i32) -> u32 {
  let rows = rowsOf(oy);
  let columns = columnsOf(ox);
  var best = 0f;
  var place = NONE;
  for (var ky = 0; ky < params.kh; ky++) {
    let iy = rows.first + ky * params.dilationH;
    for (var kx = 0; kx < params.kw; kx++) {
      let ix = columns.first + kx * params.dilationW;
      let inside = (iy >= 0) & (iy < rows.end) & (ix >= 0) & (ix < columns.end);
      let here = plane * IN_PLANE + u32(select(0, iy * params.width + ix, inside));
      let value = f32(x[here]);
      // The first value, a larger one, or the first NaN (which is told by its bits: compilers may assume that there is none).
      let better = inside & ((place == NONE) | ((value > best) & !isNaN(best)) | (isNaN(value) & !isNaN(best)));
      best = select(best, value, better);
      place = select(place, here, better);
    }
  }
  return place;
}

const NONE = 0xffffffffu;

fn isNaN(value: f32) -> bool {
  return (bitcast<u32>(value) & 0x7fffffffu) > 0x7f800000u;
}

@compute @workgroup_size(64)
fn maxForward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  for (var step = group.z; step < EACH; step++) {
    let i = placeOf(group, thread, step);
    if (i >= OUTPUTS) { return; }
    let at = i32(i % OUT_PLANE);
    let place = maximumPlace(i / OUT_PLANE, at / params.outWidth, at % params.outWidth);
    let bits = select(0xff800000u, bitcast<u32>(f32(x[min(place, INPUTS - 1u)])), place != NONE);
    y[i] = T(epilogue(bitcast<f32>(bits), i));
  }
}

@compute @workgroup_size(64)
fn maxIndices(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  for (var step = group.z; step < EACH; step++) {
    let i = placeOf(group, thread, step);
    if (i >= OUTPUTS) { return; }
    let at = i32(i % OUT_PLANE);
    let plane = i / OUT_PLANE;
    indices[i] = maximumPlace(plane, at / params.outWidth, at % params.outWidth) - plane * IN_PLANE;
  }
}

// `dy` holds values in the shape of x here.
@compute @workgroup_size(64)
fn maxGather(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  for (var step = group.z; step < EACH; step++) {
    let i = placeOf(group, thread, step);
    if (i >= OUTPUTS) { return; }
    let at = i32(i % OUT_PLANE);
    let place = maximumPlace(i / OUT_PLANE, at / params.outWidth, at % params.outWidth);
    y[i] = T(epilogue(select(0, f32(dy[min(place, INPUTS - 1u)]), place != NONE), i));
  }
}

@compute @workgroup_size(64)
fn maxBackward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  for (var step = group.z; step < EACH; step++) {
    let i = placeOf(group, thread, step);
    if (i >= INPUTS) { return; }
    let at = i32(i % IN_PLANE);
    let base = i / IN_PLANE * OUT_PLANE;
    let windows = windowsOf(at / params.width, at % params.width);
    var sum = 0f;
    for (var a = 0; a < params.windowsY; a++) {
      for (var b = 0; b < params.windowsX; b++) {
        let oy = windows.y0 + a;
        let ox = windows.x0 + b;
        let holds = (oy < windows.y1) & (ox < windows.x1);
        let window = base + u32(select(0, oy * params.outWidth + ox, holds));
        sum += select(0, f32(dy[window]), holds & (maxima[window] == u32(at)));
      }
    }
    dx[i] = T(epilogue(sum, i));
  }
}

// Windows that the image cuts off count too: their pixels get 0.
const OWNERS_Y = u32((params.height + params.strideH - 1) / params.strideH);
const OWNERS_X = u32((params.width + params.strideW - 1) / params.strideW);

@compute @workgroup_size(64)
fn maxBackwardDisjoint(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  for (var step = group.z; step < EACH; step++) {
    let i = placeOf(group, thread, step);
    if (i >= params.planes * OWNERS_Y * OWNERS_X) { return; }
    let plane = i / (OWNERS_Y * OWNERS_X);
    let oy = i32((i / OWNERS_X) % OWNERS_Y);
    let ox = i32(i % OWNERS_X);
    let whole = (oy < params.outHeight) & (ox < params.outWidth);
    var place = NONE;
    var value = 0f;
    if (whole) {
      place = maximumPlace(plane, oy, ox);
      value = f32(dy[plane * OUT_PLANE + u32(oy * params.outWidth + ox)]);
    }
    for (var ky = i32(group.z); ky < params.strideH; ky++) {
      for (var kx = i32(group.z); kx < params.strideW; kx++) {
        let iy = oy * params.strideH + ky;
        let ix = ox * params.strideW + kx;
        if ((iy < params.height) & (ix < params.width)) {
          let here = plane * IN_PLANE + u32(iy * params.width + ix);
          dx[here] = T(epilogue(select(0, value, here == place), here));
        }
      }
    }
  }
}

// The windows that can hold a pixel: those from y0, x0 up to but without y1, x1.
struct Windows {
  y0: i32,
  x0: i32,
  y1: i32,
  x1: i32,
}

fn windowsOf(iy: i32, ix: i32) -> Windows {
  if (ADAPTIVE) {
    return Windows(
      iy * params.outHeight / params.height,
      ix * params.outWidth / params.width,
      ((iy + 1) * params.outHeight + params.height - 1) / params.height,
      ((ix + 1) * params.outWidth + params.width - 1) / params.width,
    );
  }
  let reachY = params.dilationH * (params.kh - 1);
  let reachX = params.dilationW * (params.kw - 1);
  return Windows(
    (max(iy + params.padTop - reachY, 0) + params.strideH - 1) / params.strideH,
    (max(ix + params.padLeft - reachX, 0) + params.strideW - 1) / params.strideW,
    min((iy + params.padTop) / params.strideH + 1, params.outHeight),
    min((ix + params.padLeft) / params.strideW + 1, params.outWidth),
  );
}

fn windowCount(rows: Span, columns: Span) -> f32 {
  if (params.includePad == 1u) {
    // A window that reaches beyond the padding (rounded up output sizes) counts only what is there, as in PyTorch.
    let bottom = min(rows.first + params.kh, params.height + params.padBottom);
    let right = min(columns.first + params.kw, params.width + params.padRight);
    return f32((bottom - rows.first) * (right - columns.first));
  }
  let bottom = min(rows.first + params.kh, rows.end);
  let right = min(columns.first + params.kw, columns.end);
  return f32(max(1, (bottom - max(rows.first, 0)) * (right - max(columns.first, 0))));
}

@compute @workgroup_size(64)
fn avgForward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  for (var step = group.z; step < EACH; step++) {
    let i = placeOf(group, thread, step);
    if (i >= OUTPUTS) { return; }
    let at = i32(i % OUT_PLANE);
    let rows = rowsOf(at / params.outWidth);
    let columns = columnsOf(at % params.outWidth);
    let base = i / OUT_PLANE * IN_PLANE;
    var sum = 0f;
    for (var ky = 0; ky < params.kh; ky++) {
      for (var kx = 0; kx < params.kw; kx++) {
        let iy = rows.first + ky;
        let ix = columns.first + kx;
        let inside = (iy >= 0) & (iy < rows.end) & (ix >= 0) & (ix < columns.end);
        let value = f32(x[base + u32(select(0, iy * params.width + ix, inside))]);
        sum += select(0, value, inside);
      }
    }
    y[i] = T(epilogue(sum / windowCount(rows, columns), i));
  }
}

@compute @workgroup_size(64)
fn avgBackward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  for (var step = group.z; step < EACH; step++) {
    let i = placeOf(group, thread, step);
    if (i >= INPUTS) { return; }
    let at = i32(i % IN_PLANE);
    let base = i / IN_PLANE * OUT_PLANE;
    let windows = windowsOf(at / params.width, at % params.width);
    var sum = 0f;
    for (var a = 0; a < params.windowsY; a++) {
      for (var b = 0; b < params.windowsX; b++) {
        let oy = windows.y0 + a;
        let ox = windows.x0 + b;
        let holds = (oy < windows.y1) & (ox < windows.x1);
        let value = f32(dy[base + u32(select(0, oy * params.outWidth + ox, holds))]);
        sum += select(0, value / windowCount(rowsOf(oy), columnsOf(ox)), holds);
      }
    }
    dx[i] = T(epilogue(sum, i));
  }
}
