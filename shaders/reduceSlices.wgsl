// y[i] = epilogue(Σ_s sums[s, i]): the second half of split-K. The slices are added in order, so the result doesn't depend on the schedule.
//
// sums is [slices, length] in f32. Fused: the epilogue. One output a thread; neighbouring threads read neighbouring values.

struct Params {
  length: u32,
  slices: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> sums: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;

@compute @workgroup_size(64)
fn reduce(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let i = (group.x + group.y * params.gridX) * 64u + thread;
  if (i >= params.length) { return; }
  var sum = 0f;
  // group.z is 0, which compilers can't know: no unrolling.
  for (var s = group.z; s < params.slices; s++) { sum += sums[s * params.length + i]; }
  y[i] = T(epilogue(sum, i));
}
