// Adam (Kingma & Ba, arXiv 1412.6980) and AdamW (Loshchilov & Hutter, arXiv 1711.05101) for all parameters at once.
//
//   g = scale·dw (+ λ·w unless decoupled)      m = β₁·m + (1 − β₁)·g      v = β₂·v + (1 − β₂)·g²
//   w = (1 − lr·λ if decoupled)·w − lr·(m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
//
// The arena holds all parameters, then all first, then all second moments, `count` elements each; dw has the parameters' layout. Rates and
// bias corrections are data, new for every step. One invocation an element; nothing to tile.

struct Params { count: u32, decoupled: u32 }

@group(0) @binding(0) var<storage, read> dw: array<f32>;
@group(0) @binding(1) var<storage, read> rates: array<f32>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read_write> arena: array<f32>;

@compute @workgroup_size(64)
fn update(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 64u + local;
  if (i >= params.count) { return; }
  let rate = rates[0];
  let beta1 = rates[1];
  let beta2 = rates[2];
  let decay = rates[4];
  var w = arena[i];
  var g = scale[0] * dw[i];
  if (params.decoupled == 1u) {
    w -= rate * decay * w;
  } else {
    g += decay * w;
  }
  let m = beta1 * arena[params.count + i] + (1.0 - beta1) * g;
  let v = beta2 * arena[2u * params.count + i] + (1.0 - beta2) * g * g;
  arena[params.count + i] = m;
  arena[2u * params.count + i] = v;
  arena[i] = w - rate * (m / rates[5]) / (sqrt(v / rates[6]) + rates[3]);
}
