// Rprop (Riedmiller & Braun, 1993; the variant without weight-backtracking, iRprop−) for all parameters at once; torch.optim.Rprop's form:
//
//   where g·g′ > 0: s = min(s·η₊, s_max)      where g·g′ < 0: s = max(s·η₋, s_min), g = 0      w = w − sign(g)·s      g′ = g
//
// Arena rows: w, the gradient before g′, steps s. One invocation an element; nothing to tile.
// with lib/update.wgsl

struct Rates { etaMinus: f32, etaPlus: f32, smallest: f32, largest: f32 }

fn advance(i: u32, rate: Rates) {
  var g = scale[0] * dw[i];
  let agreement = sign(g) * sign(arena[params.count + i]);
  var s = arena[2u * params.count + i];
  if (agreement > 0) { s *= rate.etaPlus; }
  if (agreement < 0) {
    s *= rate.etaMinus;
    g = 0;
  }
  s = clamp(s, rate.smallest, rate.largest);
  arena[params.count + i] = g;
  arena[2u * params.count + i] = s;
  arena[i] -= sign(g) * s;
}
