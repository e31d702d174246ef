// Rows of x [outer, rows, width] chosen by indices [count]:
//   forward: y[o, i, w] = epilogue(x[o, indices[i], w]); 0 where the index is no row
//
// Fused: the epilogue. Each invocation takes EACH elements, a workgroup apart, so that neighbours write neighbouring elements: CPU adapters
// pay for each workgroup. Loops over EACH begin at group.z, which is 0 without compilers knowing: they would unroll them. T is any element type; its gradient is the segment sum.

struct Params {
  outer: u32,
  rows: u32,
  width: u32,
  count: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> indices: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<T>;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let first = (group.x + group.y * params.gridX) * 64u * EACH + thread;
  for (var k = group.z; k < EACH; k++) {
    let i = first + k * 64u;
    if (i >= params.outer * params.count * params.width) { return; }
    let place = i / params.width;
    // Divisions are dear on CPU adapters.
    let o = select(place / params.count, 0u, params.outer == 1u);
    let row = indices[place - o * params.count];
    let inside = row < params.rows;
    let source = (o * params.rows + select(0u, row, inside)) * params.width + (i - place * params.width);
    y[i] = T(epilogue(select(Value(0), Value(x[source]), inside), i));
  }
}
