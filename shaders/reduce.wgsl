// Reduction of R elements to one, for each of O outputs: y[o] = combine(load(o, 0), …, load(o, R − 1)).
//
// Elements of type T are combined as `Value`s: f16 as f32.
// The planner generates `load` (element r of output o, with element-wise producers fused in), `combine`, `identity` and `epilogue`.
// The order of combination is fixed by the shapes alone, so a result is the same on every run; it is a tree of runs of at most `chunk`
// elements, so the rounding error of a sum grows with chunk + log(R / chunk), not with R.
//
// serial   one invocation an output: for short reductions and for many outputs. Neighbouring invocations take neighbouring outputs.
// partial  `parts` invocations an output, each over every parts-th element, so that neighbours read neighbouring elements; `finish`
//          combines the parts. Needs no workgroup memory: the variant for CPU adapters, where barriers are dear.
// tree     one workgroup an output, combined in workgroup memory: the variant for GPUs; `finish_tree` does the same over parts.

struct Params { outputs: u32, length: u32, parts: u32 }

@group(0) @binding(0) var<storage, read> partials: array<Value>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;
@group(0) @binding(2) var<storage, read_write> totals: array<Value>;

fn place(group: vec3u, groups: vec3u, local: u32, size: u32) -> u32 {
  return (group.x + group.y * groups.x) * size + local;
}

@compute @workgroup_size(64)
fn serial(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let o = place(group, groups, local, 64u);
  if (o >= params.outputs) { return; }
  var total = identity();
  for (var r = 0u; r < params.length; r++) { total = combine(total, load(o, r)); }
  y[o] = T(epilogue(total, o));
}

@compute @workgroup_size(64)
fn partial(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = place(group, groups, local, 64u);
  if (i >= params.outputs * params.parts) { return; }
  let o = i / params.parts;
  var total = identity();
  for (var r = i % params.parts; r < params.length; r += params.parts) { total = combine(total, load(o, r)); }
  totals[i] = total;
}

@compute @workgroup_size(64)
fn finish(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let o = place(group, groups, local, 64u);
  if (o >= params.outputs) { return; }
  var total = identity();
  for (var p = 0u; p < params.parts; p++) { total = combine(total, partials[o * params.parts + p]); }
  y[o] = T(epilogue(total, o));
}

var<workgroup> shared_totals: array<Value, 256>;

// Combines one value of each of the 256 invocations; the result is valid in invocation 0.
fn across_workgroup(total: Value, local: u32) -> Value {
  shared_totals[local] = total;
  workgroupBarrier();
  for (var width = 128u; width > 0u; width /= 2u) {
    if (local < width) { shared_totals[local] = combine(shared_totals[local], shared_totals[local + width]); }
    workgroupBarrier();
  }
  return shared_totals[0];
}

@compute @workgroup_size(256)
fn tree(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let o = group.x + group.y * groups.x;
  var total = identity();
  if (o < params.outputs) {
    for (var r = local; r < params.length; r += 256u) { total = combine(total, load(o, r)); }
  }
  let result = across_workgroup(total, local);
  if (local == 0u && o < params.outputs) { y[o] = T(epilogue(result, o)); }
}

@compute @workgroup_size(256)
fn finish_tree(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let o = group.x + group.y * groups.x;
  var total = identity();
  if (o < params.outputs) {
    for (var p = local; p < params.parts; p += 256u) { total = combine(total, partials[o * params.parts + p]); }
  }
  let result = across_workgroup(total, local);
  if (local == 0u && o < params.outputs) { y[o] = T(epilogue(result, o)); }
}
