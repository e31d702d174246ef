// Stochastic gradient descent with momentum and Nesterov's look-ahead, for all parameters at once; torch.optim.SGD's form:
//
//   g = scale·dw + λ·w      b = μ·b + (1 − dampening)·g  (b = g at the first step)      w = w − lr·(g + μ·b if Nesterov, else b)
//
// Arena rows: w and, with momentum, b. One invocation an element; nothing to tile.

struct Params {
  // Elements of a row of the arena.
  count: u32,
  // 64-element blocks to update, those of one workgroup, and workgroups along x; the rest folds into y.
  blocks: u32,
  each: u32,
  gridX: u32,
  momentum: u32,
  nesterov: u32,
}

// In the place of a row: the block's parameter isn't trained.
const FROZEN = 0xffffffffu;
// New for every step; rowOf tells which belong to a block.
struct Rates { lr: f32, momentum: f32, gain: f32, decay: f32 }

@group(0) @binding(0) var<storage, read> dw: array<f32>;
@group(0) @binding(1) var<storage, read> rates: array<Rates>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read> rowOf: array<u32>;
@group(0) @binding(4) var<storage, read_write> arena: array<f32>;

fn advance(i: u32, rate: Rates) {
  let w = arena[i];
  var g = scale[0] * dw[i] + rate.decay * w;
  if (params.momentum == 1u) {
    // gain is what the gradient counts for: 1 − dampening, and 1 at the first step.
    let b = rate.momentum * arena[params.count + i] + rate.gain * g;
    arena[params.count + i] = b;
    g = select(b, g + rate.momentum * b, params.nesterov == 1u);
  }
  arena[i] = w - rate.lr * g;
}

@compute @workgroup_size(64)
fn update(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = (group.x + group.y * params.gridX) * params.each;
  for (var b = first; b < min(first + params.each, params.blocks); b++) {
    if (rowOf[b] != FROZEN) { advance(b * 64u + local, rates[rowOf[b]]); }
  }
}
