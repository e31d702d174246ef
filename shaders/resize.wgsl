// A matrix along the rows and one along the columns of images: x [planes, height, width] → y [planes, outHeight, outWidth],
//   forward: y[p, o, q] = epilogue(Σ_a rows[o, a] Σ_b columns[q, b] x[p, starts[o] + a, starts[outHeight + q] + b])
// Each row of the matrices has its non-zero elements side by side, at most TAPS_Y and TAPS_X of them from `starts` on; `weights` holds them,
// those for the rows first. Resizing by any rule is such a product, and so is its gradient, by the transposed matrices.
//
// Fused: the epilogue. One output a thread (EACH, on CPU adapters, which pay for every workgroup), neighbouring threads on neighbouring
// outputs, so that they read the same rows of x. A weight of 0 is padding: it takes nothing from x, not even NaN.

struct Params {
  planes: u32,
  height: u32,
  width: u32,
  outHeight: u32,
  outWidth: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> starts: array<u32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<T>;

@compute @workgroup_size(64)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  for (var step = 0u; step < EACH; step++) {
    let i = ((group.x + group.y * params.gridX) * EACH + step) * 64u + thread;
    if (i >= params.planes * params.outHeight * params.outWidth) { return; }
    let q = i % params.outWidth;
    let o = i / params.outWidth % params.outHeight;
    let plane = i / params.outWidth / params.outHeight * params.height;
    let left = starts[params.outHeight + q];
    let columns = params.outHeight * TAPS_Y + q * TAPS_X;
    var sum = 0f;
    // From group.z, which is 0: a known start would have short loops unrolled at length.
    for (var a = group.z; a < TAPS_Y; a++) {
      let row = (plane + starts[o] + a) * params.width + left;
      let weight = weights[o * TAPS_Y + a];
      for (var b = group.z; b < TAPS_X; b++) {
        let product = weight * weights[columns + b];
        sum += select(0, product * f32(x[row + b]), product != 0);
      }
    }
    y[i] = T(epilogue(sum, i));
  }
}
