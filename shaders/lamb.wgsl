// LAMB (You et al., arXiv 1904.00962, algorithm 2) for all parameters at once:
//
//   g = scale·dw      m = β₁·m + (1 − β₁)·g      v = β₂·v + (1 − β₂)·g²      r = (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε) + λ·w
//   w = w − lr·trust·r, trust = ‖w‖ / ‖r‖, and 1 where a norm is 0 or the group isn't adapted
//
// Norms are those of one tensor: `moments` moves m and v and sums squares by segment, tensorSums.wgsl adds the segments, `update` moves the
// parameters; it computes r again, which costs less than keeping it.
// Arena rows: w, m, v. A workgroup takes a segment of at most 2048 elements of one tensor; neighbours take neighbouring elements.
// with lib/updateTensors.wgsl

struct Params {
  // Elements of a row of the arena.
  count: u32,
  segments: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

// Of each row, new for every step; gain is 1 − β, correction 1 − βᵗ.
struct Rates { lr: f32, gain1: f32, gain2: f32, correction1: f32, correction2: f32, eps: f32, decay: f32, adapted: f32 }

fn direction(i: u32, rate: Rates) -> f32 {
  let m = arena[params.count + i] / rate.correction1;
  let v = arena[2u * params.count + i] / rate.correction2;
  return m / (sqrt(v) + rate.eps) + rate.decay * arena[i];
}

@compute @workgroup_size(64)
fn moments(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let s = group.x + group.y * params.gridX;
  if (s >= params.segments) { return; }
  let segment = segments[s];
  let rate = rates[segment.row];
  var squares = vec2f();
  for (var i = segment.first + local; i < segment.end; i += 64u) {
    let g = scale[0] * dw[i];
    arena[params.count + i] = mix(arena[params.count + i], g, rate.gain1);
    arena[2u * params.count + i] = mix(arena[2u * params.count + i], g * g, rate.gain2);
    let pair = vec2f(arena[i], direction(i, rate));
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
  let trust = select(1f, norm.x / norm.y, rate.adapted > 0 && norm.x > 0 && norm.y > 0);
  for (var i = segment.first + local; i < segment.end; i += 64u) { arena[i] -= rate.lr * trust * direction(i, rate); }
}
