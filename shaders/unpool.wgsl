// Max-unpooling: puts the values x [planes, length] at the places that `indices` [planes, length] name in planes of outLength elements.
//   claim:    owner[p, indices[p, i]] = i + 1, the largest i that asks for the place; 0 where none does (cleared before)
//   forward:  y[p, o] = epilogue(x[p, owner[p, o] − 1]), 0 where there is none
//   backward: dx[p, i] = epilogue(dy[p, indices[p, i]]), 0 where another i owns the place
//
// Fused: the epilogue. Windows that overlap may name one place twice; that the last one owns it doesn't depend on the order of threads.
// An index outside the plane claims nothing.

struct Params {
  planes: u32,
  length: u32,
  outLength: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> indices: array<u32>;
@group(0) @binding(1) var<storage, read_write> owner: array<atomic<u32>>;
@group(0) @binding(2) var<storage, read> owners: array<u32>;
@group(0) @binding(3) var<storage, read> x: array<T>;
@group(0) @binding(4) var<storage, read_write> y: array<T>;
@group(0) @binding(5) var<storage, read> dy: array<T>;
@group(0) @binding(6) var<storage, read_write> dx: array<T>;

@compute @workgroup_size(64)
fn clear(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (group.x + group.y * params.gridX) * 64u + thread;
  if (i < params.planes * params.outLength) { atomicStore(&owner[i], 0u); }
}

@compute @workgroup_size(64)
fn claim(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (group.x + group.y * params.gridX) * 64u + thread;
  if (i >= params.planes * params.length) { return; }
  let index = indices[i];
  if (index < params.outLength) { atomicMax(&owner[i / params.length * params.outLength + index], i % params.length + 1u); }
}

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (group.x + group.y * params.gridX) * 64u + thread;
  if (i >= params.planes * params.outLength) { return; }
  let own = owners[i];
  let value = f32(x[i / params.outLength * params.length + max(own, 1u) - 1u]);
  y[i] = T(epilogue(select(0, value, own > 0u), i));
}

@compute @workgroup_size(64)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (group.x + group.y * params.gridX) * 64u + thread;
  if (i >= params.planes * params.length) { return; }
  let index = indices[i];
  let place = i / params.length * params.outLength + min(index, params.outLength - 1u);
  let mine = (index < params.outLength) & (owners[place] == i % params.length + 1u);
  dx[i] = T(epilogue(select(0, f32(dy[place]), mine), i));
}
