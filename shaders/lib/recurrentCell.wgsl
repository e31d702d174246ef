// The arithmetic of a unit's step in a recurrent layer, forward (`advance`) and backward (`retreat`), and where values stand. Layouts: recurrent.wgsl.

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
