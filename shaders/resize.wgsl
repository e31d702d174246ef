// A matrix along the rows and one along the columns of images: x [planes, height, width] → y [planes, outHeight, outWidth],
//   forward: y[p, o, q] = epilogue(Σ_a rows[o, a] Σ_b columns[q, b] x[p, starts[o] + a, starts[outHeight + q] + b])
// Each row of the matrices has its non-zero elements side by side, at most TAPS_Y and TAPS_X of them from `starts` on; `weights` holds them,
// those for the rows first. Resizing by any rule is such a product, and so is its gradient, by the transposed matrices.
//
// Fused: the epilogue. A thread takes one column, in EACH rows one below the other (1 on GPUs; CPU adapters pay for every workgroup), and
// reads the column's weights once; neighbouring threads take neighbouring columns, so that they read the same rows of x. A weight of 0 is
// padding: it takes nothing from x, not even NaN.

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
  let line = (group.x + group.y * params.gridX) * 64u + thread;
  let q = line % params.outWidth;
  let left = starts[params.outHeight + q];
  var across: array<f32, TAPS_X>;
  for (var b = 0u; b < TAPS_X; b++) { across[b] = weights[params.outHeight * TAPS_Y + q * TAPS_X + b]; }
  for (var step = group.z; step < EACH; step++) {
    let r = line / params.outWidth * EACH + step;
    if (r >= params.planes * params.outHeight) { return; }
    let o = r % params.outHeight;
    let top = r / params.outHeight * params.height + starts[o];
    var sum = 0f;
    for (var a = 0u; a < TAPS_Y; a++) {
      let row = (top + a) * params.width + left;
      let down = weights[o * TAPS_Y + a];
      for (var b = 0u; b < TAPS_X; b++) {
        let weight = down * across[b];
        sum += select(0, weight * f32(x[row + b]), weight != 0);
      }
    }
    let i = r * params.outWidth + q;
    y[i] = T(epilogue(sum, i));
  }
}
