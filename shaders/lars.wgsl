// LARS (You, Gitman & Ginsburg, arXiv 1708.03888, algorithm 1) for all parameters at once:
//
//   g = scale·dw      trust = η·‖w‖ / (‖g‖ + λ·‖w‖ + ε), and 1 where a norm is 0 or the group isn't adapted
//   b = μ·b + lr·trust·(g + λ·w)      w = w − b
//
// Norms are those of one tensor: `norms` sums squares by segment, tensorSums.wgsl adds the segments, `update` moves the parameters.
// Arena rows: w, b. A workgroup takes a segment of at most 2048 elements of one tensor; neighbours take neighbouring elements.
// with lib/updateTensors.wgsl

struct Params {
  // Elements of a row of the arena.
  count: u32,
  segments: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

// Of each row, new for every step.
struct Rates { lr: f32, momentum: f32, trust: f32, eps: f32, decay: f32, adapted: f32 }

@compute @workgroup_size(64)
fn norms(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let s = group.x + group.y * params.gridX;
  if (s >= params.segments) { return; }
  let segment = segments[s];
  var squares = vec2f();
  for (var i = segment.first + local; i < segment.end; i += 64u) {
    let pair = vec2f(arena[i], scale[0] * dw[i]);
    squares += pair * pair;
  }
  partials[s * 64u + local] = squares;
}

@compute @workgroup_size(64)
fn update(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let s = group.x + group.y * params.gridX;
  if (s >= params.segments) { return; }
  let segment = segments[s];
  let rate = rates[segment.row];
  let norm = sqrt(sums[segment.tensor]);
  let adapted = rate.adapted > 0 && norm.x > 0 && norm.y > 0;
  let trust = select(1f, rate.trust * norm.x / (norm.y + rate.decay * norm.x + rate.eps), adapted);
  for (var i = segment.first + local; i < segment.end; i += 64u) {
    let w = arena[i];
    let b = rate.momentum * arena[params.count + i] + rate.lr * trust * (scale[0] * dw[i] + rate.decay * w);
    arena[params.count + i] = b;
    arena[i] = w - b;
  }
}
