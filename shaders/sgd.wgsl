// Stochastic gradient descent with momentum and Nesterov's look-ahead, for all parameters at once; torch.optim.SGD's form:
//
//   g = scale·dw + λ·w      b = μ·b + (1 − dampening)·g  (b = g at the first step)      w = w − lr·(g + μ·b if Nesterov, else b)
//
// The arena holds all parameters, then (with momentum) all velocities, `count` elements each; dw has the parameters' layout. Rates are data,
// new for every step. One invocation an element; nothing to tile.

struct Params { count: u32, momentum: u32, nesterov: u32 }

@group(0) @binding(0) var<storage, read> dw: array<f32>;
@group(0) @binding(1) var<storage, read> rates: array<f32>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read_write> arena: array<f32>;

@compute @workgroup_size(64)
fn update(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 64u + local;
  if (i >= params.count) { return; }
  let w = arena[i];
  var g = scale[0] * dw[i] + rates[3] * w;
  if (params.momentum == 1u) {
    // rates[2] is what the gradient counts for: 1 − dampening, and 1 at the first step.
    let b = rates[1] * arena[params.count + i] + rates[2] * g;
    arena[params.count + i] = b;
    g = select(b, g + rates[1] * b, params.nesterov == 1u);
  }
  arena[i] = w - rates[0] * g;
}
