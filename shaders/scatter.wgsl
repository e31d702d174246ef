// Which source each place takes its value from, when several name the same place:
//   winner[p] = 1 + the largest i with indices[i] = p; 0 where there is none
//
// `clear` empties, `mark` enters each source. The largest of whole numbers doesn't depend on the order in which the atomics happen.

struct Params {
  places: u32,
  count: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> indices: array<u32>;
@group(0) @binding(1) var<storage, read_write> winner: array<atomic<u32>>;

@compute @workgroup_size(64)
fn clear(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let first = (group.x + group.y * params.gridX) * 64u * EACH + thread;
  for (var k = group.z; k < EACH; k++) {
    let place = first + k * 64u;
    if (place < params.places) { atomicStore(&winner[place], 0u); }
  }
}

@compute @workgroup_size(64)
fn mark(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let first = (group.x + group.y * params.gridX) * 64u * EACH + thread;
  for (var k = group.z; k < EACH; k++) {
    let i = first + k * 64u;
    if (i >= params.count) { return; }
    let place = indices[i];
    if (place < params.places) { atomicMax(&winner[place], i + 1u); }
  }
}
