// Rows of a table [rows, width] chosen by indices [count]:
//   forward:  y[i, c] = epilogue(table[indices[i], c]); NaN where the index is no row
//   backward: dtable[r, c] = epilogue(Σ dy[i, c] over the i with indices[i] = r), added in the order of i: no atomics, always the same bits
//
// Fused: the epilogue. The backward pass first links the places that hold the same index: `clear` empties `first`, `link` has each place look
// for the next one like it, and enter itself as the row's first if there is none before. That takes count² comparisons (16 million for
// 4,096), against rows · count for scanning all indices for each row of the table. `backward` then walks each row's list, usually empty.

struct Params {
  rows: u32,
  width: u32,
  count: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> table: array<T>;
@group(0) @binding(1) var<storage, read> indices: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<T>;
@group(0) @binding(3) var<storage, read> dy: array<T>;
@group(0) @binding(4) var<storage, read_write> dtable: array<T>;
@group(0) @binding(5) var<storage, read_write> first: array<u32>;
@group(0) @binding(6) var<storage, read_write> next: array<u32>;
@group(0) @binding(7) var<storage, read> firstIn: array<u32>;
@group(0) @binding(8) var<storage, read> nextIn: array<u32>;

const NONE = 0xffffffffu;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (group.x + group.y * params.gridX) * 64u + thread;
  if (i >= params.count * params.width) { return; }
  let row = indices[i / params.width];
  let value = f32(table[min(row, params.rows - 1u) * params.width + i % params.width]);
  // group.z is 0: a constant NaN isn't allowed.
  let nan = bitcast<f32>(0x7fc00000u + group.z);
  y[i] = T(epilogue(select(nan, value, row < params.rows), i));
}

@compute @workgroup_size(64)
fn clear(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let row = (group.x + group.y * params.gridX) * 64u + thread;
  if (row < params.rows) { first[row] = NONE; }
}

@compute @workgroup_size(64)
fn link(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (group.x + group.y * params.gridX) * 64u + thread;
  if (i >= params.count) { return; }
  let row = indices[i];
  var after = i + 1u;
  while (after < params.count && indices[after] != row) { after++; }
  next[i] = select(NONE, after, after < params.count);
  var before = i;
  while (before > 0u && indices[before - 1u] != row) { before--; }
  if (before == 0u && row < params.rows) { first[row] = i; }
}

@compute @workgroup_size(64)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (group.x + group.y * params.gridX) * 64u + thread;
  if (i >= params.rows * params.width) { return; }
  var sum = 0f;
  for (var at = firstIn[i / params.width]; at < params.count; at = nextIn[at]) { sum += f32(dy[at * params.width + i % params.width]); }
  dtable[i] = T(epilogue(sum, i));
}
