// Reduction of R elements to one, for each of O outputs: y[o] = combine(load(o, 0), …, load(o, R − 1)).
//
// Elements of type T are `Value`s in between: f16 is f32. What is combined is a `Total`: most often a `Value`, else several numbers.
// The planner generates `load` (element r of output o, with element-wise producers fused in), `combine`, `identity`, `result` (a total's
// value) and `epilogue`.
// The order of combination is fixed by the shapes alone, so a result is the same on every run. Every loop combines RUN elements to one,
// RUN of these to one, and those to the total, so that the rounding error of a sum hardly grows with its length.
//
// serial   one invocation an output: for short reductions and for many outputs. Neighbouring invocations take neighbouring outputs.
// partial  `parts` invocations an output, each over every parts-th element; `finish` combines the parts. Neighbouring invocations read
//          neighbouring elements: of one output if ALONG_ROWS, else of neighbouring outputs. Needs no workgroup memory: the variant for CPU
//          adapters, where barriers are dear, and for columns.
// tree     one workgroup an output, combined in workgroup memory: the variant for GPUs; `finish_tree` does the same over parts.

struct Params { outputs: u32, length: u32, parts: u32 }

@group(0) @binding(0) var<storage, read> partials: array<Total>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;
@group(0) @binding(2) var<storage, read_write> totals: array<Total>;

const RUN = 32u;

fn place(group: vec3u, groups: vec3u, local: u32, size: u32) -> u32 {
  return (group.x + group.y * groups.x) * size + local;
}

// Combines the elements first, first + step, … of an output.
fn fold(o: u32, first: u32, step: u32) -> Total {
  var total = identity();
  for (var outer = first; outer < params.length; outer += RUN * RUN * step) {
    var some = identity();
    for (var inner = outer; inner < min(outer + RUN * RUN * step, params.length); inner += RUN * step) {
      var few = identity();
      for (var r = inner; r < min(inner + RUN * step, params.length); r += step) { few = combine(few, load(o, r)); }
      some = combine(some, few);
    }
    total = combine(total, some);
  }
  return total;
}

fn fold_parts(o: u32, first: u32, step: u32) -> Total {
  var total = identity();
  for (var outer = first; outer < params.parts; outer += RUN * RUN * step) {
    var some = identity();
    for (var inner = outer; inner < min(outer + RUN * RUN * step, params.parts); inner += RUN * step) {
      var few = identity();
      for (var r = inner; r < min(inner + RUN * step, params.parts); r += step) { few = combine(few, partials[r * params.outputs + o]); }
      some = combine(some, few);
    }
    total = combine(total, some);
  }
  return total;
}

@compute @workgroup_size(64)
fn serial(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let o = place(group, groups, local, 64u);
  if (o >= params.outputs) { return; }
  let total = fold(o, group.z, 1u);
  y[o] = T(epilogue(result(total), o));
}

@compute @workgroup_size(64)
fn partial(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = place(group, groups, local, 64u);
  if (i >= params.outputs * params.parts) { return; }
  let o = select(i % params.outputs, i / params.parts, ALONG_ROWS);
  let p = select(i / params.outputs, i % params.parts, ALONG_ROWS);
  totals[p * params.outputs + o] = fold(o, p, params.parts);
}

@compute @workgroup_size(64)
fn finish(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let o = place(group, groups, local, 64u);
  if (o >= params.outputs) { return; }
  let total = fold_parts(o, group.z, 1u);
  y[o] = T(epilogue(result(total), o));
}

var<workgroup> shared_totals: array<Total, 256>;

// Combines one value of each of the 256 invocations; the result is valid in invocation 0.
fn across_workgroup(total: Total, local: u32) -> Total {
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
    total = fold(o, local, 256u);
  }
  let whole = across_workgroup(total, local);
  if (local == 0u && o < params.outputs) { y[o] = T(epilogue(result(whole), o)); }
}

@compute @workgroup_size(256)
fn finish_tree(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let o = group.x + group.y * groups.x;
  var total = identity();
  if (o < params.outputs) {
    total = fold_parts(o, local, 256u);
  }
  let whole = across_workgroup(total, local);
  if (local == 0u && o < params.outputs) { y[o] = T(epilogue(result(whole), o)); }
}
