// Points that are weighted sums of a few pixels each, in images x [images, channels, pixels]. Point q of sample b, in channel c, is
//   forward: y[b, c, q]  = epilogue(Σ_k w[b, q, k] x[image, c, pixel]), where indices[b, q, k] = image · pixels + pixel
//   pixels:  dx[i, c, p] = epilogue(Σ w[b, q, k] dy[b, c, q] over the taps (b, q, k) whose index is i · pixels + p, in their order)
//   weights: dw[b, q, k] = epilogue(Σ_c x[image, c, pixel] dy[b, c, q])
// An index past the last image takes part in nothing.
//
// `pixels` needs each pixel's taps, which the other entry points sort out once for all channels, in one buffer: where the taps of each pixel
// end and start among all, [2, sites], then the taps, then a counter. `clear`, `count`, `place` (each pixel takes as many places as it has
// taps) and `fill` leave them in whatever order the threads came; `order` then sorts each pixel's few, so the sums are the same every time.
// Only whole numbers are counted atomically.
//
// Fused: the epilogue. One output a thread (EACH, on CPU adapters, which pay for every workgroup).

struct Params {
  images: u32,
  channels: u32,
  pixels: u32,
  samples: u32,
  points: u32,
  taps: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> w: array<T>;
@group(0) @binding(2) var<storage, read> indices: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<T>;
@group(0) @binding(4) var<storage, read> dy: array<T>;
@group(0) @binding(5) var<storage, read_write> dx: array<T>;
@group(0) @binding(6) var<storage, read_write> dw: array<T>;
@group(0) @binding(7) var<storage, read_write> lists: array<atomic<u32>>;
@group(0) @binding(8) var<storage, read> sorted: array<u32>;

const SITES = params.images * params.pixels;
const ALL_TAPS = params.samples * params.points * params.taps;
// Places in `lists`.
const STARTS = SITES;
const LIST = 2u * SITES;
const COUNTER = LIST + ALL_TAPS;

// Where channel c of the pixel that an index names stands in x.
fn placeOf(index: u32, c: u32) -> u32 {
  return (index / params.pixels * params.channels + c) * params.pixels + index % params.pixels;
}

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  for (var step = group.z; step < EACH; step++) {
    let i = ((group.x + group.y * params.gridX) * EACH + step) * 64u + thread;
    if (i >= params.samples * params.channels * params.points) { return; }
    let c = i / params.points % params.channels;
    let first = (i / params.points / params.channels * params.points + i % params.points) * params.taps;
    var sum = 0f;
    for (var k = 0u; k < params.taps; k++) {
      let index = indices[first + k];
      let value = f32(w[first + k]) * f32(x[placeOf(min(index, SITES - 1u), c)]);
      sum += select(0, value, index < SITES);
    }
    y[i] = T(epilogue(sum, i));
  }
}

@compute @workgroup_size(64)
fn weights(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (group.x + group.y * params.gridX) * 64u + thread;
  if (i >= ALL_TAPS) { return; }
  let index = indices[i];
  let site = min(index, SITES - 1u);
  let point = i / params.taps;
  let own = point / params.points * params.channels * params.points + point % params.points;
  var sum = 0f;
  for (var c = group.z; c < params.channels; c++) { sum += f32(x[placeOf(site, c)]) * f32(dy[own + c * params.points]); }
  dw[i] = T(epilogue(select(0, sum, index < SITES), i));
}

@compute @workgroup_size(64)
fn pixels(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  for (var step = group.z; step < EACH; step++) {
    let i = ((group.x + group.y * params.gridX) * EACH + step) * 64u + thread;
    if (i >= SITES * params.channels) { return; }
    let c = i / params.pixels % params.channels;
    let site = i / params.pixels / params.channels * params.pixels + i % params.pixels;
    let end = sorted[site];
    var sum = 0f;
    for (var at = sorted[STARTS + site]; at < end; at++) {
      let tap = sorted[LIST + at];
      let point = tap / params.taps;
      let own = (point / params.points * params.channels + c) * params.points + point % params.points;
      sum += f32(w[tap]) * f32(dy[own]);
    }
    dx[i] = T(epilogue(sum, i));
  }
}

@compute @workgroup_size(64)
fn clear(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let site = (group.x + group.y * params.gridX) * 64u + thread;
  if (site == 0u) { atomicStore(&lists[COUNTER], 0u); }
  if (site < SITES) { atomicStore(&lists[site], 0u); }
}

@compute @workgroup_size(64)
fn count(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let tap = (group.x + group.y * params.gridX) * 64u + thread;
  if (tap >= ALL_TAPS) { return; }
  let index = indices[tap];
  if (index < SITES) { atomicAdd(&lists[index], 1u); }
}

@compute @workgroup_size(64)
fn place(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let site = (group.x + group.y * params.gridX) * 64u + thread;
  if (site >= SITES) { return; }
  let start = atomicAdd(&lists[COUNTER], atomicLoad(&lists[site]));
  atomicStore(&lists[STARTS + site], start);
  // Moves on to the end while the list is filled.
  atomicStore(&lists[site], start);
}

@compute @workgroup_size(64)
fn fill(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let tap = (group.x + group.y * params.gridX) * 64u + thread;
  if (tap >= ALL_TAPS) { return; }
  let index = indices[tap];
  if (index < SITES) { atomicStore(&lists[LIST + atomicAdd(&lists[index], 1u)], tap); }
}

// Shell sort: a pixel has few taps as a rule, but a border can gather thousands.
@compute @workgroup_size(64)
fn order(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let site = (group.x + group.y * params.gridX) * 64u + thread;
  if (site >= SITES) { return; }
  let start = LIST + atomicLoad(&lists[STARTS + site]);
  let end = LIST + atomicLoad(&lists[site]);
  var gap = 1u;
  while (3u * gap + 1u < end - start) { gap = 3u * gap + 1u; }
  for (; gap > 0u; gap /= 3u) {
    for (var i = start + gap; i < end; i++) {
      let tap = atomicLoad(&lists[i]);
      var to = i;
      while (to >= start + gap) {
        let before = atomicLoad(&lists[to - gap]);
        if (before <= tap) { break; }
        atomicStore(&lists[to], before);
        to -= gap;
      }
      atomicStore(&lists[to], tap);
    }
  }
}
