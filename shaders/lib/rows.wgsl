// What kernels along rows share: which thread works where, and how the threads of one row put their values together.
// Row r has params.columns elements of type V, params.inner apart (1 unless it runs along another axis than the last).
//
// Tiling: a row is shared by THREADS threads of a workgroup, which takes ROWS rows. Neighbouring threads read neighbouring values: they stride
// through one row, or, if its elements stand apart, take one row each. THREADS is 1 on CPU adapters and for short rows: then nothing is
// exchanged and no barrier is met.
const ROWS = GROUP_SIZE / THREADS;
var<workgroup> staged: array<f32, GROUP_SIZE>;

struct Place {
  // Rows beyond the last repeat it, and aren't stored.
  row: u32,
  stored: bool,
  base: u32,
  // The first element of this thread; the others follow THREADS apart.
  first: u32,
  // Which of the row's threads this is, and which of the workgroup's rows.
  part: u32,
  own: u32,
}

fn placeOf(group: vec3u, thread: u32) -> Place {
  let part = select(thread % THREADS, thread / ROWS, params.inner > 1u);
  let own = select(thread / THREADS, thread % ROWS, params.inner > 1u);
  let row = (group.x + group.y * params.gridX) * ROWS + own;
  let inside = min(row, params.rows - 1u);
  let base = inside / params.inner * (params.columns * params.inner) + inside % params.inner;
  // group.z is 0, which compilers can't know: they would unroll the loops over short rows, at half a second a kernel.
  return Place(inside, row < params.rows, base, part + group.z, part, own);
}

fn elementOf(at: Place, c: u32) -> u32 { return at.base + c * params.inner; }

fn sumOfRow(value: f32, at: Place) -> f32 {
  if (THREADS == 1u) { return value; }
  let slot = at.part * ROWS + at.own;
  staged[slot] = value;
  workgroupBarrier();
  for (var half = THREADS / 2u; half > 0u; half /= 2u) {
    if (at.part < half) { staged[slot] += staged[slot + half * ROWS]; }
    workgroupBarrier();
  }
  let sum = staged[at.own];
  workgroupBarrier();
  return sum;
}

fn maxOfRow(value: f32, at: Place) -> f32 {
  if (THREADS == 1u) { return value; }
  let slot = at.part * ROWS + at.own;
  staged[slot] = value;
  workgroupBarrier();
  for (var half = THREADS / 2u; half > 0u; half /= 2u) {
    if (at.part < half) { staged[slot] = max(staged[slot], staged[slot + half * ROWS]); }
    workgroupBarrier();
  }
  let largest = staged[at.own];
  workgroupBarrier();
  return largest;
}
