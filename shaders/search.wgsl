// Where values would stand in ascending rows: sorted [rows or 1, columns] and values [rows, count], whole numbers both:
//   forward: y[r, i] = how many of row r of sorted are below values[r, i]; with RIGHT, how many are not above it
//
// Binary search, one invocation a value. All take as many steps, so that the lanes of a CPU adapter stay together.

struct Params {
  rows: u32,
  columns: u32,
  count: u32,
  // Elements from one row of sorted to the next; 0 when all values look into one row.
  stride: u32,
  // Halvings that leave one place of `columns + 1`.
  steps: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> sorted: array<u32>;
@group(0) @binding(1) var<storage, read> values: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let first = (group.x + group.y * params.gridX) * 64u * EACH + thread;
  for (var k = group.z; k < EACH; k++) {
    let i = first + k * 64u;
    if (i >= params.rows * params.count) { return; }
    let value = values[i];
    let base = i / params.count * params.stride;
    var low = 0u;
    var high = params.columns;
    for (var step = group.z; step < params.steps; step++) {
      let middle = (low + high) / 2u;
      let other = sorted[base + middle];
      let before = (low < high) & select(other < value, other <= value, RIGHT);
      low = select(low, middle + 1u, before);
      high = select(middle, high, before);
    }
    y[i] = low;
  }
}
