// What the two variants of attention have in common; formulas and layout are those of attention.wgsl.

struct Params {
  heads: u32,
  // Rows of q in a head of k and v: queries times grouped heads.
  rows: u32,
  queries: u32,
  keys: u32,
  depth: u32,
  valueDepth: u32,
  scale: f32,
  // A head h of q has the mask (h / maskDivide) % maskCount.
  maskDivide: u32,
  maskCount: u32,
  maskHead: u32,
  maskRow: u32,
  maskColumn: u32,
  // Probability of keeping a weight, in 65,536ths, and its reciprocal; number of the draw.
  keep: u32,
  keptScale: f32,
  stream: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

@group(0) @binding(0) var<storage, read> own: array<T>;
@group(0) @binding(1) var<storage, read> other: array<T>;
@group(0) @binding(2) var<storage, read> otherValue: array<T>;
@group(0) @binding(3) var<storage, read> ownValue: array<T>;
@group(0) @binding(4) var<storage, read> mask: array<f32>;
@group(0) @binding(5) var<storage, read> key: array<u32>;
@group(0) @binding(6) var<storage, read> stats: array<f32>;
@group(0) @binding(7) var<storage, read_write> y: array<f32>;

const OWN_ROWS = select(params.rows, params.keys, BY_KEY);
const OTHER_ROWS = select(params.keys, params.rows, BY_KEY);
const ALL_ROWS = params.heads * params.rows;
// Scores that get no weight, and the least that others are rounded to, however negative: a row of equal ones is a mean.
const HIDDEN = -0x1.fffffep+127f;
const LOWEST = -0x1.fffffcp+127f;
// From here on the bits of |score| are those of ∞ or NaN.
const INFINITE = 0x7f800000u;
