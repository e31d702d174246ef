// Scans along an axis of x [outer, length, inner]: y[o, k, j] = epilogue(combination of x[o, 0 … k, j]), or of x[o, k … length − 1, j] if REVERSE.
//   SUM     Σ x            PRODUCT Π x            MAXIMUM, MINIMUM (NaN from the first NaN on)
//   LOG_SUM_EXP  log Σ eˣ
//   LINEAR  y[k] = a[k]·y[k − 1] + x[k], with a like x: sums that fade, and the gradient of products
//
// Each is a combination of neighbouring runs, two values a run, so a line may be cut into segments:
//   serial    one invocation a line: for many or short lines
//   totals    one invocation a segment: what the segment comes to
//   starts    one invocation a line: what comes before each segment, in place
//   segments  one invocation a segment: its elements, going on from its start
// The last three read x twice and write y once: work in O(length), side by side for few long lines. Neighbouring invocations take neighbouring
// places along `inner`. The order of combination is fixed by the shapes. Fused: the epilogue.

struct Params { outer: u32, length: u32, inner: u32, segment: u32, segments: u32 }

@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> a: array<T>;
@group(0) @binding(2) var<storage, read_write> y: array<T>;
@group(0) @binding(3) var<storage, read_write> runs: array<vec2<Value>>;
@group(0) @binding(4) var<storage, read> before: array<vec2<Value>>;

const LARGEST = 3.4028234e38f;

fn is_nan(value: f32) -> bool { return (bitcast<u32>(value) & 0x7fffffffu) > 0x7f800000u; }

fn place(line: u32, k: u32) -> u32 {
  let at = select(k, params.length - 1u - k, REVERSE);
  return (line / params.inner * params.length + at) * params.inner + line % params.inner;
}

// One element as a run: for LOG_SUM_EXP the peak and the sum of exponentials beside it; for LINEAR factor and offset; else the value comes second.
fn element(i: u32) -> vec2<Value> {
  let value = Value(x[i]);
  if (KIND == LINEAR) { return vec2<Value>(Value(a[i]), value); }
  if (KIND == LOG_SUM_EXP) { return vec2<Value>(value, select(Value(1), value, is_nan(f32(value)))); }
  return vec2<Value>(Value(0), value);
}

fn join(p: vec2<Value>, q: vec2<Value>) -> vec2<Value> {
  if (KIND == SUM) { return p + q; }
  if (KIND == PRODUCT) { return p * q; }
  if (KIND == LINEAR) { return vec2<Value>(p.x * q.x, q.x * p.y + q.y); }
  if (KIND == LOG_SUM_EXP) {
    let peak = max(p.x, q.x);
    let shift = select(f32(peak), 0f, abs(f32(peak)) > LARGEST);
    return vec2<Value>(peak, Value(f32(p.y) * exp(f32(p.x) - shift) + f32(q.y) * exp(f32(q.x) - shift)));
  }
  let better = select(max(p.y, q.y), min(p.y, q.y), KIND == MINIMUM);
  let nan = FLOAT && (is_nan(f32(p.y)) || is_nan(f32(q.y)));
  return vec2<Value>(Value(0), select(better, p.y + q.y, nan));
}

fn result(run: vec2<Value>) -> Value {
  if (KIND != LOG_SUM_EXP) { return run.y; }
  // Drivers differ in what log makes of NaN.
  if (is_nan(f32(run.y))) { return run.y; }
  let peak = f32(run.x);
  return select(Value(peak + log(f32(run.y))), run.x, abs(peak) > LARGEST);
}

fn invocation(group: vec3u, groups: vec3u, local: u32) -> u32 { return (group.x + group.y * groups.x) * 64u + local; }

@compute @workgroup_size(64)
fn serial(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let line = invocation(group, groups, local);
  if (line >= params.outer * params.inner) { return; }
  var run = element(place(line, 0u));
  for (var k = 0u; k < params.length; k++) {
    let i = place(line, k);
    if (k > 0u) { run = join(run, element(i)); }
    y[i] = T(epilogue(result(run), i));
  }
}

// Segments of one line are a line apart, so that neighbours share a segment.
@compute @workgroup_size(64)
fn totals(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let lines = params.outer * params.inner;
  let i = invocation(group, groups, local);
  if (i >= lines * params.segments) { return; }
  let first = i / lines * params.segment;
  var run = element(place(i % lines, first));
  for (var k = first + 1u; k < min(first + params.segment, params.length); k++) { run = join(run, element(place(i % lines, k))); }
  runs[i] = run;
}

@compute @workgroup_size(64)
fn starts(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let lines = params.outer * params.inner;
  let line = invocation(group, groups, local);
  if (line >= lines) { return; }
  var run = runs[line];
  for (var s = 1u; s < params.segments; s++) {
    let own = runs[s * lines + line];
    runs[s * lines + line] = run;
    run = join(run, own);
  }
}

@compute @workgroup_size(64)
fn segments(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let lines = params.outer * params.inner;
  let t = invocation(group, groups, local);
  if (t >= lines * params.segments) { return; }
  let first = t / lines * params.segment;
  var run = before[t];
  for (var k = first; k < min(first + params.segment, params.length); k++) {
    let i = place(t % lines, k);
    let own = element(i);
    if (k == 0u) { run = own; } else { run = join(run, own); }
    y[i] = T(epilogue(result(run), i));
  }
}
