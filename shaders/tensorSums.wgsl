// sums[t] = Σ partials over the segments of tensor t: the second stage of sums over each of many tensors.
//
// The first stage is the kernel that needs the sums: a workgroup of 64 takes a segment of one tensor, and each of its invocations writes what
// it summed, so that no barrier is met there. The order of addition is fixed by the shapes.
// Tiling: THREADS invocations share a tensor through workgroup memory; 1 on CPU adapters, where a workgroup takes 64 tensors instead.

struct Params {
  tensors: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

struct Stretch { first: u32, segments: u32 }

@group(0) @binding(0) var<storage, read> tensors: array<Stretch>;
@group(0) @binding(1) var<storage, read> partials: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> sums: array<vec2f>;

var<workgroup> staged: array<vec2f, 64>;

@compute @workgroup_size(64)
fn combine(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let tensor = (group.x + group.y * params.gridX) * (64u / THREADS) + local / THREADS;
  var total = vec2f();
  if (tensor < params.tensors) {
    let stretch = tensors[tensor];
    let end = (stretch.first + stretch.segments) * 64u;
    for (var i = stretch.first * 64u + local % THREADS; i < end; i += THREADS) { total += partials[i]; }
  }
  if (THREADS > 1u) {
    staged[local] = total;
    workgroupBarrier();
    for (var half = 32u; half > 0u; half /= 2u) {
      if (local < half) { staged[local] += staged[local + half]; }
      workgroupBarrier();
    }
    total = staged[0];
  }
  if (local % THREADS == 0u && tensor < params.tensors) { sums[tensor] = total; }
}
