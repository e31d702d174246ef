// What the two variants of recurrent layers have in common: where values stand, and a unit's step forward (`endStep`, `advance`) and backward
// (`beginStep`, `retreat`). Layouts: recurrent.wgsl.

struct Params {
  steps: u32,
  batch: u32,
  units: u32,
  // 1 runs from a sequence's end to its start.
  reverse: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> initial: array<f32>;
@group(0) @binding(4) var<storage, read> lengths: array<u32>;
@group(0) @binding(5) var<storage, read_write> states: array<f32>;
@group(0) @binding(6) var<storage, read> hidden: array<f32>;
@group(0) @binding(7) var<storage, read> statesIn: array<f32>;
@group(0) @binding(8) var<storage, read> dstates: array<f32>;
@group(0) @binding(9) var<storage, read_write> dsums: array<f32>;

const TANH = 0u;
const RELU = 1u;
const LSTM = 2u;
const GRU = 3u;

// Drivers may compute tanh by exp(2x), which overflows, and lose a NaN.
fn tanhOf(x: f32) -> f32 {
  return select(tanh(clamp(x, -15.0, 15.0)), x, (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u);
}

fn sigmoid(x: f32) -> f32 { return 0.5 + 0.5 * tanhOf(0.5 * x); }

// A unit's h and c after a step. `input` and `recurrent` are the two parts of its gates' sums.
fn advance(input: vec4f, recurrent: vec4f, before: vec2f) -> vec2f {
  let sum = input + recurrent;
  if (CELL == LSTM) {
    let c = sigmoid(sum.y) * before.y + sigmoid(sum.x) * tanhOf(sum.z);
    return vec2f(sigmoid(sum.w) * tanhOf(c), c);
  }
  if (CELL == GRU) {
    let n = tanhOf(input.z + sigmoid(sum.x) * recurrent.z);
    return vec2f(n + sigmoid(sum.y) * (before.x - n), 0);
  }
  if (CELL == RELU) { return vec2f(select(sum.x, 0.0, sum.x < 0.0), 0); }
  return vec2f(tanhOf(sum.x), 0);
}

struct Slopes {
  sums: vec4f,
  before: vec2f,
}

// From the gradient of h and c after a step to those of the sums and, but for the way through the sums, of h and c before it.
fn retreat(input: vec4f, recurrent: vec4f, before: vec2f, after: vec2f, d: vec2f) -> Slopes {
  let sum = input + recurrent;
  if (CELL == LSTM) {
    let i = sigmoid(sum.x);
    let f = sigmoid(sum.y);
    let g = tanhOf(sum.z);
    let o = sigmoid(sum.w);
    let c = tanhOf(after.y);
    let dc = d.y + d.x * o * (1 - c * c);
    return Slopes(vec4f(dc * g * i * (1 - i), dc * before.y * f * (1 - f), dc * i * (1 - g * g), d.x * c * o * (1 - o)), vec2f(0, dc * f));
  }
  if (CELL == GRU) {
    let r = sigmoid(sum.x);
    let z = sigmoid(sum.y);
    let n = tanhOf(input.z + r * recurrent.z);
    let dn = d.x * (1 - z) * (1 - n * n);
    return Slopes(vec4f(dn * recurrent.z * r * (1 - r), d.x * (before.x - n) * z * (1 - z), dn * r, dn), vec2f(d.x * z, 0));
  }
  if (CELL == RELU) { return Slopes(vec4f(select(0.0, d.x, after.x > 0), 0, 0, 0), vec2f()); }
  return Slopes(vec4f(d.x * (1 - after.x * after.x), 0, 0, 0), vec2f());
}

// Where a batch row's values begin in a slot of states, in a step of x, in a slot of dsums.
fn stateAt(slot: u32, row: u32) -> u32 { return (slot * params.batch + row) * (STATES * params.units); }
fn gatesAt(t: u32, row: u32) -> u32 { return (t * params.batch + row) * (GATES * params.units); }
fn slopesAt(slot: u32, row: u32) -> u32 { return (slot * params.batch + row) * (SLOPES * params.units); }

// The slots of the states before and after step t, and of the one that all begins with.
fn slotBefore(t: u32) -> u32 { return t + params.reverse; }
fn slotAfter(t: u32) -> u32 { return t + 1 - params.reverse; }
const START = params.reverse * params.steps;

fn inputOf(t: u32, row: u32, unit: u32) -> vec4f {
  let at = gatesAt(t, row) + unit;
  var sums = vec4f(x[at], 0, 0, 0);
  if (GATES > 1) { sums.y = x[at + params.units]; sums.z = x[at + 2 * params.units]; }
  if (GATES > 3) { sums.w = x[at + 3 * params.units]; }
  return sums;
}

fn hiddenOf(t: u32, row: u32, unit: u32) -> vec4f {
  let at = gatesAt(t, row) + unit;
  var sums = vec4f(hidden[at], 0, 0, 0);
  if (GATES > 1) { sums.y = hidden[at + params.units]; sums.z = hidden[at + 2 * params.units]; }
  if (GATES > 3) { sums.w = hidden[at + 3 * params.units]; }
  return sums;
}

// Ends step t of one unit, `product` being h(t − 1)·weight.
fn endStep(t: u32, row: u32, unit: u32, product: vec4f) {
  var sums = product + vec4f(bias[unit], 0, 0, 0);
  if (GATES > 1) { sums.y += bias[params.units + unit]; sums.z += bias[2 * params.units + unit]; }
  if (GATES > 3) { sums.w += bias[3 * params.units + unit]; }
  let previous = stateAt(slotBefore(t), row) + unit;
  let next = stateAt(slotAfter(t), row) + unit;
  var state = vec2f(states[previous], 0);
  if (STATES > 1) { state.y = states[previous + params.units]; }
  if (t < lengths[row]) { state = advance(inputOf(t, row, unit), sums, state); }
  states[next] = state.x;
  if (STATES > 1) { states[next + params.units] = state.y; }
}

// Begins step t of one unit, backwards: all but the way through weight.
fn beginStep(t: u32, row: u32, unit: u32) {
  let previous = stateAt(slotBefore(t), row) + unit;
  let next = stateAt(slotAfter(t), row) + unit;
  let carry = slopesAt(START, row) + unit;
  var d = vec2f(dsums[carry] + dstates[next], 0);
  if (STATES > 1) { d.y = dsums[carry + params.units] + dstates[next + params.units]; }
  var slopes = Slopes(vec4f(), d);
  if (t < lengths[row]) {
    var before = vec2f(statesIn[previous], 0);
    var after = vec2f(statesIn[next], 0);
    if (STATES > 1) { before.y = statesIn[previous + params.units]; after.y = statesIn[next + params.units]; }
    slopes = retreat(inputOf(t, row, unit), hiddenOf(t, row, unit), before, after, d);
  }
  dsums[carry] = slopes.before.x;
  if (STATES > 1) { dsums[carry + params.units] = slopes.before.y; }
  let at = slopesAt(slotAfter(t), row) + unit;
  for (var i = 0u; i < SLOPES; i++) { dsums[at + i * params.units] = slopes.sums[i]; }
}
