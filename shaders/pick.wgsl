// Rows of a table [rows, width] that stays on the GPU, chosen by indices [count]: a batch of a data set. Values are copied bit by bit, whatever
// their type.
//   words: y[i, j] = table[indices[i], j]
//   bytes: y[i, j] = values[b], where b is byte j of row indices[i]; rows stand one behind the other, four bytes a word, the first one lowest
//
// Each invocation takes EACH elements, a workgroup apart, as in gather.wgsl, in a loop from group.z.

struct Params {
  width: u32,
  count: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> indices: array<u32>;
@group(0) @binding(1) var<storage, read> table: array<u32>;
@group(0) @binding(2) var<storage, read> values: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(64)
fn words(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let first = (group.x + group.y * params.gridX) * 64u * EACH + thread;
  for (var k = group.z; k < EACH; k++) {
    let i = first + k * 64u;
    if (i >= params.count * params.width) { return; }
    let row = i / params.width;
    y[i] = table[indices[row] * params.width + (i - row * params.width)];
  }
}

// A row that is whole words goes by words: EACH counts these then.
@compute @workgroup_size(64)
fn bytes(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let first = (group.x + group.y * params.gridX) * 64u * EACH + thread;
  if (params.width % 4u == 0u) {
    let wide = params.width / 4u;
    for (var k = group.z; k < EACH; k++) {
      let i = first + k * 64u;
      if (i >= params.count * wide) { return; }
      let row = i / wide;
      let four = table[indices[row] * wide + (i - row * wide)];
      y[4u * i] = values[four & 255u];
      y[4u * i + 1u] = values[(four >> 8u) & 255u];
      y[4u * i + 2u] = values[(four >> 16u) & 255u];
      y[4u * i + 3u] = values[four >> 24u];
    }
    return;
  }
  for (var k = group.z; k < EACH; k++) {
    let i = first + k * 64u;
    if (i >= params.count * params.width) { return; }
    let row = i / params.width;
    let place = indices[row] * params.width + (i - row * params.width);
    y[i] = values[(table[place / 4u] >> (8u * (place % 4u))) & 255u];
  }
}
