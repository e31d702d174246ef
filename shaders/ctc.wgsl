// Connectionist temporal classification (Graves et al., 2006) of logProbs [time, examples, classes] with targets [examples, labels].
// The states of an example are its labels with a blank before, between and after them: `states` = 2·labels + 1 at most.
//   forward:  alphas[n, t, s] = log Σ over the paths that reach state s at step t; after them, at alphas[n, time·states], the loss:
//             −log of the sum over all paths. A target that no path spells has a loss beyond 10²⁹.
//   backward: dx[t, n, c] = −dloss[n] · Σ over the states s of class c of exp(alpha + beta + loss): how likely the path is there at step t
//
// Everything stands in logarithms, log 0 as −10³⁰, which adds up without becoming NaN. Steps past an example's length are left out (gradient 0).
// Tiling: THREADS threads take the states of one example, and meet at a barrier after each step; on CPU adapters one thread takes an example.
// No class is written by two threads: the one of a label's first place adds up all its places, in order.

struct Params {
  time: u32,
  examples: u32,
  classes: u32,
  labels: u32,
  blank: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> logProbs: array<T>;
@group(0) @binding(1) var<storage, read> targets: array<u32>;
@group(0) @binding(2) var<storage, read> inputLengths: array<u32>;
@group(0) @binding(3) var<storage, read> targetLengths: array<u32>;
@group(0) @binding(4) var<storage, read_write> alphas: array<f32>;
@group(0) @binding(5) var<storage, read> alphasIn: array<f32>;
@group(0) @binding(6) var<storage, read> dloss: array<T>;
// [examples, 3, states]: betas of two steps, and what the gradient sums up.
@group(0) @binding(7) var<storage, read_write> betas: array<f32>;
@group(0) @binding(8) var<storage, read_write> dx: array<T>;

const LOG_ZERO = -1e30f;
const IMPOSSIBLE = 1e29f;
const STATES = 2 * params.labels + 1;

struct Example {
  n: u32,
  stored: bool,
  part: u32,
  length: u32,
  labels: u32,
  states: u32,
}

fn exampleOf(group: vec3u, thread: u32) -> Example {
  let n = (group.x + group.y * params.gridX) * (GROUP_SIZE / THREADS) + thread / THREADS;
  let inside = min(n, params.examples - 1);
  let labels = min(targetLengths[inside], params.labels);
  return Example(inside, n < params.examples, thread % THREADS, min(inputLengths[inside], params.time), labels, 2 * labels + 1);
}

fn labelOf(n: u32, s: u32) -> u32 {
  if (s % 2 == 0) { return params.blank; }
  return targets[n * params.labels + s / 2];
}

fn logProbOf(t: u32, n: u32, label: u32) -> f32 {
  if (label >= params.classes) { return LOG_ZERO; }
  return max(f32(logProbs[(t * params.examples + n) * params.classes + label]), LOG_ZERO);
}

fn logSum(a: f32, b: f32, c: f32) -> f32 {
  let m = max(a, max(b, c));
  return m + log(exp(a - m) + exp(b - m) + exp(c - m));
}

@compute @workgroup_size(GROUP_SIZE)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let own = exampleOf(group, thread);
  let base = own.n * (params.time * STATES + 1);
  for (var t = group.z; t < params.time; t++) {
    if (own.stored && t < own.length) {
      for (var s = own.part; s < own.states; s += THREADS) {
        let label = labelOf(own.n, s);
        var value = select(LOG_ZERO, 0f, s < 2);
        if (t > 0) {
          let before = base + (t - 1) * STATES + s;
          var one = LOG_ZERO;
          var two = LOG_ZERO;
          if (s > 0) { one = alphas[before - 1]; }
          if (s > 1 && label != params.blank && label != labelOf(own.n, s - 2)) { two = alphas[before - 2]; }
          value = logSum(alphas[before], one, two);
        }
        alphas[base + t * STATES + s] = value + logProbOf(t, own.n, label);
      }
    }
    if (THREADS > 1) { storageBarrier(); }
  }
  if (!own.stored || own.part != 0) { return; }
  var total = select(LOG_ZERO, 0f, own.labels == 0);
  if (own.length > 0) {
    let last = base + (own.length - 1) * STATES + own.states - 1;
    total = alphas[last];
    if (own.labels > 0) { total = logSum(total, alphas[last - 1], LOG_ZERO); }
  }
  alphas[base + params.time * STATES] = -total;
}

@compute @workgroup_size(GROUP_SIZE)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let own = exampleOf(group, thread);
  let base = own.n * (params.time * STATES + 1);
  let loss = alphasIn[base + params.time * STATES];
  let scale = -f32(dloss[own.n]);
  let rows = own.n * 3 * STATES;
  let parts = rows + 2 * STATES;
  for (var step = group.z; step < params.time; step++) {
    let t = params.time - 1 - step;
    let first = (t * params.examples + own.n) * params.classes;
    let within = own.stored && t < own.length;
    if (own.stored) {
      for (var c = own.part; c < params.classes; c += THREADS) { dx[first + c] = T(0); }
    }
    if (within) {
      let row = rows + (t % 2) * STATES;
      let after = rows + ((t + 1) % 2) * STATES;
      for (var s = own.part; s < own.states; s += THREADS) {
        var value = select(LOG_ZERO, 0f, s + 2 >= own.states);
        if (t + 1 < own.length) {
          let label = labelOf(own.n, s);
          var one = LOG_ZERO;
          var two = LOG_ZERO;
          if (s + 1 < own.states) { one = betas[after + s + 1] + logProbOf(t + 1, own.n, labelOf(own.n, s + 1)); }
          if (s + 2 < own.states) {
            let skipped = labelOf(own.n, s + 2);
            if (skipped != params.blank && skipped != label) { two = betas[after + s + 2] + logProbOf(t + 1, own.n, skipped); }
          }
          value = logSum(betas[after + s] + logProbOf(t + 1, own.n, label), one, two);
        }
        betas[row + s] = value;
        betas[parts + s] = select(0, exp(alphasIn[base + t * STATES + s] + value + loss), loss < IMPOSSIBLE);
      }
    }
    if (THREADS > 1) { storageBarrier(); }
    if (within) {
      if (own.part == 0) {
        var sum = 0f;
        for (var s = 0u; s < own.states; s++) {
          if (labelOf(own.n, s) == params.blank) { sum += betas[parts + s]; }
        }
        dx[first + params.blank] = T(scale * sum);
      }
      for (var k = own.part; k < own.labels; k += THREADS) {
        let label = targets[own.n * params.labels + k];
        var isFirst = label < params.classes && label != params.blank;
        var sum = 0f;
        for (var j = 0u; j < own.labels; j++) {
          if (targets[own.n * params.labels + j] == label) {
            isFirst = isFirst && j >= k;
            sum += betas[parts + 2 * j + 1];
          }
        }
        if (isFirst) { dx[first + label] = T(scale * sum); }
      }
    }
    if (THREADS > 1) { storageBarrier(); }
  }
}
