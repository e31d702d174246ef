// A recurrent layer over whole sequences, one dispatch for all steps of a direction:
//   forward:  h(t), c(t) = advance(x[t], h(t − 1)·weight + bias, h(t − 1), c(t − 1)) of each unit
//   backward: from the gradients of all states those of the gates' sums, and of the state that all began with
//
// states [steps + 1, batch, STATES · units] holds the state that all begins with and that after each step: h, and c of an LSTM. Step t goes
// from slot t to t + 1, in reverse from slot t + 1 to t. Past its length a sequence keeps its state, so that the reverse direction begins at
// the sequence's own end, and the last slot holds the final state. x [steps, batch, GATES · units] is the gates' part from the input,
// hidden that from the state (gates i, f, g, o of an LSTM; r, z, n of a GRU). dsums has slots like states, of SLOPES · units values: a
// GRU's n has a gradient for each of its two parts, that from the input last. The slot that all begins with holds the gradient of its state
// in the place of the first sums; the kernel carries it there from step to step. weight is [units, GATES · units] in the forward pass, and
// transposed in the backward pass.
//
// WebGPU has no barrier across workgroups. So a workgroup takes four sequences through all steps, its threads the units; they exchange the
// state through storage and meet at each step. The product's left side goes through workgroup memory, the four sequences as a vector, so
// that a loaded weight serves all of them. Few sequences make few workgroups: the time is then that of the chain of steps.
// with lib/recurrentCell.wgsl

const ROWS = 4u;
// One vector of the product's left side for each of CHUNK terms.
var<workgroup> staged: array<vec4f, CHUNK>;

struct Sequences {
  // Beyond the last sequence they repeat it, and aren't stored.
  rows: vec4u,
  count: u32,
  longest: u32,
}

fn sequencesOf(group: vec3u) -> Sequences {
  let first = min((group.x + group.y * params.gridX) * ROWS, params.batch);
  let rows = min(vec4u(first, first + 1, first + 2, first + 3), vec4u(params.batch - 1));
  let longest = max(max(lengths[rows.x], lengths[rows.y]), max(lengths[rows.z], lengths[rows.w]));
  return Sequences(rows, min(ROWS, params.batch - first), longest);
}

@compute @workgroup_size(GROUP_SIZE)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let all = sequencesOf(group);
  for (var r = 0u; r < all.count; r++) {
    let row = all.rows[r];
    for (var i = thread; i < STATES * params.units; i += GROUP_SIZE) {
      states[stateAt(START, row) + i] = initial[row * (STATES * params.units) + i];
    }
  }
  for (var s = group.z; s < params.steps; s++) {
    let t = select(s, params.steps - 1 - s, params.reverse == 1);
    let depth = select(0u, params.units, t < all.longest);
    let slot = slotBefore(t);
    let left = vec4u(stateAt(slot, all.rows.x), stateAt(slot, all.rows.y), stateAt(slot, all.rows.z), stateAt(slot, all.rows.w));
    storageBarrier();
    for (var first = 0u; first < params.units; first += GROUP_SIZE) {
      let unit = min(first + thread, params.units - 1);
      var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f();
      for (var chunk = 0u; chunk < depth; chunk += CHUNK) {
        let end = min(CHUNK, depth - chunk);
        workgroupBarrier();
        for (var k = thread; k < end; k += GROUP_SIZE) {
          let i = left + chunk + k;
          staged[k] = vec4f(states[i.x], states[i.y], states[i.z], states[i.w]);
        }
        workgroupBarrier();
        for (var k = 0u; k < end; k++) {
          let h = staged[k];
          let w = (chunk + k) * (GATES * params.units) + unit;
          s0 = fma(h, vec4f(weight[w]), s0);
          if (GATES > 1) {
            s1 = fma(h, vec4f(weight[w + params.units]), s1);
            s2 = fma(h, vec4f(weight[w + 2 * params.units]), s2);
          }
          if (GATES > 3) { s3 = fma(h, vec4f(weight[w + 3 * params.units]), s3); }
        }
      }
      if (first + thread < params.units) {
        for (var r = 0u; r < all.count; r++) { endStep(t, all.rows[r], unit, vec4f(s0[r], s1[r], s2[r], s3[r])); }
      }
    }
  }
}

@compute @workgroup_size(GROUP_SIZE)
fn backward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let all = sequencesOf(group);
  for (var r = 0u; r < all.count; r++) {
    for (var unit = thread; unit < params.units; unit += GROUP_SIZE) {
      for (var i = 0u; i < STATES; i++) { dsums[slopesAt(START, all.rows[r]) + i * params.units + unit] = 0; }
    }
  }
  for (var s = group.z; s < params.steps; s++) {
    let t = select(params.steps - 1 - s, s, params.reverse == 1);
    for (var r = 0u; r < all.count; r++) {
      for (var unit = thread; unit < params.units; unit += GROUP_SIZE) { beginStep(t, all.rows[r], unit); }
    }
    let depth = select(0u, GATES * params.units, t < all.longest);
    let slot = slotAfter(t);
    let left = vec4u(slopesAt(slot, all.rows.x), slopesAt(slot, all.rows.y), slopesAt(slot, all.rows.z), slopesAt(slot, all.rows.w));
    storageBarrier();
    for (var first = 0u; first < params.units; first += GROUP_SIZE) {
      let unit = min(first + thread, params.units - 1);
      var sums = vec4f();
      for (var chunk = 0u; chunk < depth; chunk += CHUNK) {
        let end = min(CHUNK, depth - chunk);
        workgroupBarrier();
        for (var k = thread; k < end; k += GROUP_SIZE) {
          let i = left + chunk + k;
          staged[k] = vec4f(dsums[i.x], dsums[i.y], dsums[i.z], dsums[i.w]);
        }
        workgroupBarrier();
        for (var k = 0u; k < end; k++) { sums = fma(staged[k], vec4f(weight[(chunk + k) * params.units + unit]), sums); }
      }
      if (first + thread < params.units) {
        for (var r = 0u; r < all.count; r++) { dsums[slopesAt(START, all.rows[r]) + unit] += sums[r]; }
      }
    }
  }
  for (var r = 0u; r < all.count; r++) {
    for (var unit = thread; unit < params.units; unit += GROUP_SIZE) {
      for (var i = 0u; i < STATES; i++) {
        dsums[slopesAt(START, all.rows[r]) + i * params.units + unit] += dstates[stateAt(START, all.rows[r]) + i * params.units + unit];
      }
    }
  }
}
