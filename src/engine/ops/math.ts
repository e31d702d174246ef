// Functions in WGSL that element-wise ops call. Drivers' own are allowed large errors (exp 3 + 2·|x| units in the last place, sin 2⁻¹¹, tanh and asinh
// whatever their formula gives) and choose what comes of NaN, infinities and large arguments, so these reduce the argument and evaluate
// a minimax polynomial (Remez; coefficients fitted for float32): within about three units in the last place, the same on every adapter.
// Subnormal numbers may be flushed to zero, as WGSL allows.

/**
 * WGSL for whether an f32 value is NaN. By its bits: `x != x` compiles to an ordered comparison, which is false for NaN, and a driver
 * may assume that there is none.
 */
export const isNan = (x: string): string => `((bitcast<u32>(${x}) << 1u) > 0xff000000u)`;

// Results are this NaN, not the argument: Mesa 25 miscompiles select(y, x, x is NaN) where x was computed in the same way.
export const NAN_BITS = '0x7fc00000u';
export const NAN = `bits_f32(${NAN_BITS})`;
const INFINITY = 'bits_f32(0x7f800000u)';

// The same value, but not to a compiler: x·a + (x·b + c) may become x·(a + b) + c, which loses what splitting a constant in two is for.
const lower = (x: string): string => `max(${x}, -3e38)`;
const upper = (x: string): string => `min(${x}, 3e38)`;

/** |y| with the sign of x, for odd functions: keeps −0 as well. */
const SIGNED =
  'fn signed_f32(y: f32, x: f32) -> f32 { return bits_f32((bitcast<u32>(y) & 0x7fffffffu) | (bitcast<u32>(x) & 0x80000000u)); }';

// eʳ − 1 for |r| ≤ ½ ln 2.
const EXPM1_NEAR =
  'fn expm1_near(r: f32) -> f32 { return r + r * r * (0.5 + r * (0.16666518 + r * (0.0416662 + r * (0.00836897 + r * 0.00139506)))); }';

// y·2ⁿ for −150 ≤ n ≤ 128, in two steps, since 2ⁿ alone may be no normal number.
const TIMES_POWER_OF_2 = `fn times_power_of_2(y: f32, n: f32) -> f32 {
  let half = i32(n) >> 1u;
  return y * bits_f32(u32(half + 127) << 23u) * bits_f32(u32(i32(n) - half + 127) << 23u);
}`;

// x = n·ln 2 + r with |r| ≤ ½ ln 2: gives expm1(r) and n. ln 2 is subtracted in two parts, of which the first has so few bits that its product
// with n is exact.
const EXP_PARTS = `fn exp_parts(x: f32) -> vec2f {
  let bounded = clamp(x, -104.0, 89.0);
  let n = round(bounded * 1.442695);
  return vec2f(expm1_near(fma(${lower('n')}, -1.4286068e-6, fma(n, -0.693145752, bounded))), n);
}`;

export const EXP = [
  EXPM1_NEAR,
  TIMES_POWER_OF_2,
  EXP_PARTS,
  `fn exp_f32(x: f32) -> f32 {
  let p = exp_parts(x);
  let y = select(times_power_of_2(p.x + 1.0, p.y), ${INFINITY}, x > 88.72284);
  return select(select(y, 0.0, x < -103.97), ${NAN}, ${isNan('x')});
}`,
];

export const EXP2 = [
  EXPM1_NEAR,
  TIMES_POWER_OF_2,
  `fn exp2_f32(x: f32) -> f32 {
  let n = round(clamp(x, -150.0, 128.0));
  let y = times_power_of_2(1.0 + expm1_near((clamp(x, -150.0, 128.0) - n) * 0.6931472), n);
  return select(select(y, ${INFINITY}, x >= 128.0), ${NAN}, ${isNan('x')});
}`,
];

// 2ⁿ·expm1(r) + (2ⁿ − 1) cancels nowhere; from n = 30 on the 1 is below the last place, and 2ⁿ may overflow before the result does.
export const EXPM1 = [
  EXPM1_NEAR,
  TIMES_POWER_OF_2,
  EXP_PARTS,
  SIGNED,
  `fn expm1_f32(x: f32) -> f32 {
  let p = exp_parts(x);
  let scale = times_power_of_2(1.0, min(p.y, 30.0));
  let y = select(p.x * scale + (scale - 1.0), times_power_of_2(p.x + 1.0, p.y), p.y > 30.0);
  return select(select(signed_f32(y, x), ${INFINITY}, x > 88.72284), ${NAN}, ${isNan('x')});
}`,
];

// log(1 + f) for √½ ≤ 1 + f ≤ √2: with s = f/(2 + f) it is 2·atanh(s) = f − s·(f − s²·Q(s²)), in which f is exact.
const LOG_NEAR = `fn log_near(f: f32) -> f32 {
  let s = f / (2.0 + f);
  let z = s * s;
  return f - s * (f - z * (0.66666663 + z * (0.40000334 + z * (0.28537303 + z * 0.23582284))));
}`;

// x = 2ᵉ·(1 + f), found in the bits; gives f and e.
const LOG_PARTS = `fn log_parts(x: f32) -> vec2f {
  let tiny = x < 1.1754944e-38;
  let bits = bitcast<u32>(select(x, x * 8388608.0, tiny)) - 0x3f3504f3u;
  let exponent = f32(bitcast<i32>(bits) >> 23u) - select(0.0, 23.0, tiny);
  return vec2f(bits_f32((bits & 0x7fffffu) + 0x3f3504f3u) - 1.0, exponent);
}`;

// What a logarithm is where it isn't finite: −∞ at 0, NaN below, ∞ at ∞.
const LOG_EDGES = `fn log_edges(y: f32, x: f32) -> f32 {
  let outside = select(${NAN}, bits_f32(0xff800000u), x == 0.0);
  return select(outside, select(y, x, (bitcast<u32>(x) & 0x7f800000u) == 0x7f800000u), x > 0.0);
}`;

export const LOG = [
  LOG_NEAR,
  LOG_PARTS,
  LOG_EDGES,
  `fn log_f32(x: f32) -> f32 {
  let p = log_parts(x);
  return log_edges(fma(p.y, 0.693145752, fma(${lower('p.y')}, 1.4286068e-6, log_near(p.x))), x);
}`,
];

export const LOG2 = [
  LOG_NEAR,
  LOG_PARTS,
  LOG_EDGES,
  `fn log2_f32(x: f32) -> f32 {
  let p = log_parts(x);
  return log_edges(p.y + log_near(p.x) * 1.44269504, x);
}`,
];

export const LOG10 = [
  LOG_NEAR,
  LOG_PARTS,
  LOG_EDGES,
  `fn log10_f32(x: f32) -> f32 {
  let p = log_parts(x);
  return log_edges(fma(p.y, 0.30102539, fma(${lower('p.y')}, 4.605039e-6, log_near(p.x) * 0.43429448)), x);
}`,
];

export const LOG1P = [
  ...LOG,
  `fn log1p_f32(x: f32) -> f32 {
  return select(log_f32(1.0 + x), select(log_near(x), x, x == 0.0), abs(x) < 0.29);
}`,
];

// x = n·π/2 + r with |r| ≤ π/4; gives r and n mod 4. π/2 is subtracted in three parts, of which the first two have so few bits that their
// products with n are exact up to |x| = 10⁴. Beyond 10⁵ digits are lost; the result stays bounded.
const TRIG_PARTS = `fn trig_parts(x: f32) -> vec2f {
  let n = round(x * 0.63661977);
  let r = fma(${upper('n')}, -7.54979e-8, fma(${lower('n')}, -4.837513e-4, fma(n, -1.5703125, x)));
  return vec2f(clamp(r, -0.8, 0.8), n - 4.0 * floor(n * 0.25));
}`;
const SIN_NEAR = 'fn sin_near(r: f32, z: f32) -> f32 { return r + r * z * (-0.16666655 + z * (0.008332155 + z * -1.9514085e-4)); }';
const COS_NEAR = 'fn cos_near(z: f32) -> f32 { return 1.0 - 0.5 * z + z * z * (0.041666646 + z * (-0.0013887337 + z * 2.4434847e-5)); }';
const notFinite = (x: string): string => `(bitcast<u32>(${x}) & 0x7f800000u) == 0x7f800000u`;

export const SIN = [
  TRIG_PARTS,
  SIN_NEAR,
  COS_NEAR,
  SIGNED,
  `fn sin_f32(x: f32) -> f32 {
  let p = trig_parts(x);
  let z = p.x * p.x;
  let y = select(sin_near(p.x, z), cos_near(z), p.y == 1.0 || p.y == 3.0);
  return select(select(y, -y, p.y >= 2.0), ${NAN}, ${notFinite('x')});
}`,
];

export const COS = [
  TRIG_PARTS,
  SIN_NEAR,
  COS_NEAR,
  `fn cos_f32(x: f32) -> f32 {
  let p = trig_parts(x);
  let z = p.x * p.x;
  let y = select(cos_near(z), sin_near(p.x, z), p.y == 1.0 || p.y == 3.0);
  return select(select(y, -y, p.y == 1.0 || p.y == 2.0), ${NAN}, ${notFinite('x')});
}`,
];

export const TAN = [
  TRIG_PARTS,
  SIN_NEAR,
  COS_NEAR,
  `fn tan_f32(x: f32) -> f32 {
  let p = trig_parts(x);
  let z = p.x * p.x;
  let s = sin_near(p.x, z);
  let c = cos_near(z);
  return select(select(s / c, -c / s, p.y == 1.0 || p.y == 3.0), ${NAN}, ${notFinite('x')});
}`,
];

// Up to ½ an odd polynomial; above, asin(x) = π/2 − 2·asin(√((1 − x)/2)), where 1 − x is exact.
const ASIN_PARTS = `fn asin_parts(a: f32) -> f32 {
  let z = select(a * a, 0.5 * (1.0 - a), a > 0.5);
  let s = select(a, sqrt(z), a > 0.5);
  return s + s * z * (0.16666755 + z * (0.07495224 + z * (0.045479588 + z * (0.024134368 + z * 0.04224254))));
}`;

export const ASIN = [
  ASIN_PARTS,
  SIGNED,
  `fn asin_f32(x: f32) -> f32 {
  let a = abs(x);
  let y = asin_parts(a);
  return select(signed_f32(select(y, 1.57079633 - 2.0 * y, a > 0.5), x), ${NAN}, a > 1.0 || ${isNan('x')});
}`,
];

export const ACOS = [
  ASIN_PARTS,
  `fn acos_f32(x: f32) -> f32 {
  let a = abs(x);
  let y = asin_parts(a);
  let near = 1.57079633 - select(y, -y, x < 0.0);
  let far = select(2.0 * y, 3.14159265 - 2.0 * y, x < 0.0);
  return select(select(near, far, a > 0.5), ${NAN}, a > 1.0 || ${isNan('x')});
}`,
];

// The angle of (1, t) for 0 ≤ t ≤ 1: above tan(π/8) by the tangent of the difference to π/4.
const ATAN_NEAR = `fn atan_near(t: f32) -> f32 {
  let turned = t > 0.41421356;
  let u = select(t, (t - 1.0) / (t + 1.0), turned);
  let z = u * u;
  return select(0.0, 0.78539816, turned) + (u + u * z * (-0.33333316 + z * (0.1999849 + z * (-0.14243831 + z * (0.10595866 + z * -0.060830906)))));
}`;

export const ATAN = [
  ATAN_NEAR,
  SIGNED,
  `fn atan_f32(x: f32) -> f32 {
  let a = abs(x);
  let y = atan_near(select(a, 1.0 / a, a > 1.0));
  return select(signed_f32(select(y, 1.57079633 - y, a > 1.0), x), ${NAN}, ${isNan('x')});
}`,
];

// Two infinities count as equal, two zeros as the axis that the sign of x names.
export const ATAN2 = [
  ATAN_NEAR,
  SIGNED,
  `fn atan2_f32(y: f32, x: f32) -> f32 {
  let steep = abs(y) > abs(x);
  let low = min(abs(x), abs(y));
  let high = max(abs(x), abs(y));
  let ratio = select(select(low / high, 0.0, low == 0.0), 1.0, low > 3.4028234e38);
  let near = atan_near(ratio);
  let right = select(near, 1.57079633 - near, steep);
  let angle = select(right, 3.14159265 - right, (bitcast<u32>(x) >> 31u) == 1u);
  return select(signed_f32(angle, y), x + y, ${isNan('x')} || ${isNan('y')});
}`,
];

// Above 80 the other exponential is below the last place, and ½·e^a may be finite where e^a isn't.
export const SINH = [
  ...EXPM1,
  ...EXP,
  `fn sinh_f32(x: f32) -> f32 {
  let a = abs(x);
  let t = expm1_f32(min(a, 80.0));
  let half = exp_f32(0.5 * a);
  return signed_f32(select(0.5 * (t + t / (t + 1.0)), 0.5 * half * half, a > 80.0 || ${isNan('x')}), x);
}`,
];

export const COSH = [
  ...EXP,
  `fn cosh_f32(x: f32) -> f32 {
  let a = abs(x);
  let t = exp_f32(min(a, 80.0));
  let half = exp_f32(0.5 * a);
  return select(0.5 * (t + 1.0 / t), 0.5 * half * half, a > 80.0 || ${isNan('x')});
}`,
];

// From 10 on tanh is 1 in f32.
export const TANH = [
  ...EXPM1,
  `fn tanh_f32(x: f32) -> f32 {
  let t = expm1_f32(2.0 * min(abs(x), 10.0));
  return select(signed_f32(t / (t + 2.0), x), ${NAN}, ${isNan('x')});
}`,
];

// Above 10⁹ the 1 under the root is below the last place, and the square may overflow.
export const ASINH = [
  ...LOG1P,
  SIGNED,
  `fn asinh_f32(x: f32) -> f32 {
  let a = abs(x);
  let b = min(a, 1e9);
  let near = log1p_f32(b + b * b / (1.0 + sqrt(b * b + 1.0)));
  return signed_f32(select(near, log_f32(a) + 0.69314718, a >= 1e9 || ${isNan('x')}), x);
}`,
];

export const ACOSH = [
  ...LOG1P,
  `fn acosh_f32(x: f32) -> f32 {
  let t = min(x, 1e9) - 1.0;
  let near = log1p_f32(t + sqrt(t * (t + 2.0)));
  return select(select(near, log_f32(x) + 0.69314718, x >= 1e9), ${NAN}, x < 1.0 || ${isNan('x')});
}`,
];

export const ATANH = [
  ...LOG1P,
  SIGNED,
  `fn atanh_f32(x: f32) -> f32 {
  let a = abs(x);
  let y = select(0.5 * log1p_f32(2.0 * a / (1.0 - a)), ${INFINITY}, a == 1.0);
  return select(signed_f32(y, x), ${NAN}, a > 1.0 || ${isNan('x')});
}`,
];

// exp(a²)·erfc(a) from 1 on, a polynomial in 1/(a + 2): within 10⁻⁷ up to 10.5, 3·10⁻⁵ beyond.
const ERFCX = `fn erfcx_f32(a: f32) -> f32 {
  let t = 1.0 / (a + 2.0);
  return t * (0.5642035 + t * (1.1278638 + t * (1.981045 + t * (2.8090036 + t * (2.2385423 + t * (4.3566494 + t * (-27.373707 + t * 22.797468)))))));
}`;

/**
 * The y ≥ a ≥ 1 with erfc(y) = erfc(a)·e⁻ᵉ, as y − a. By Newton's method on (y² − a²) − ln(erfcx(y)/erfcx(a)) = e, from the solution without the
 * logarithm, which lies beyond.
 */
export const ERFC_TAIL = [
  ERFCX,
  ...LOG,
  `fn erfc_tail_f32(e: f32, a: f32) -> f32 {
  var d = e / (a + sqrt(a * a + e));
  for (var i = 0; i < 3; i++) {
    let y = erfcx_f32(a + d);
    d -= (d * (2.0 * a + d) - log_f32(y / erfcx_f32(a)) - e) * y * 0.88622693;
  }
  return max(d, 0.0);
}`,
];

// Up to 1 an odd polynomial; above, erfc(a) = exp(−a²)·t·R(t) with t = 1/(a + 2). The square is taken in two parts, since an error in it would
// become one of the result times a²: h has 12 bits, so h² is exact.
const ERF_PARTS = [
  ...EXP,
  ERFCX,
  'fn erf_near(x: f32) -> f32 { let z = x * x; return x + x * (0.12837917 + z * (-0.37612626 + z * (0.11283582 + z * (-0.026853573 + z * (0.0051876768 + z * (-8.0027938e-4 + z * 7.8239771e-5)))))); }',
  `fn erfc_far(a: f32) -> f32 {
  let h = bits_f32(bitcast<u32>(a) & 0xfffff000u);
  return exp_f32(-h * h) * exp_f32((h - a) * (h + a)) * erfcx_f32(a);
}`,
];

export const ERF = [
  ...ERF_PARTS,
  SIGNED,
  `fn erf_f32(x: f32) -> f32 {
  let a = abs(x);
  return select(signed_f32(select(erf_near(a), 1.0 - erfc_far(min(a, 5.0)), a > 1.0), x), ${NAN}, ${isNan('x')});
}`,
];

export const ERFC = [
  ...ERF_PARTS,
  `fn erfc_f32(x: f32) -> f32 {
  let far = erfc_far(min(abs(x), 10.5));
  let y = select(select(far, 2.0 - far, x < 0.0), 1.0 - erf_near(x), abs(x) < 1.0);
  return select(y, ${NAN}, ${isNan('x')});
}`,
];

// The remainder of a/b is exact, like C's fmod: long division of the mantissas, 8 bits at a time.
export const FMOD = [
  `fn fmod_f32(a: f32, b: f32) -> f32 {
  let ua = bitcast<u32>(a) & 0x7fffffffu;
  let ub = bitcast<u32>(b) & 0x7fffffffu;
  if (ub == 0u || ua >= 0x7f800000u || ub > 0x7f800000u) { return ${NAN}; }
  if (ua < ub) { return a; }
  let exponent = max(ub >> 23u, 1u);
  let divisor = (ub & 0x7fffffu) | select(0x800000u, 0u, ub < 0x800000u);
  var rest = ((ua & 0x7fffffu) | select(0x800000u, 0u, ua < 0x800000u)) % divisor;
  for (var gap = max(ua >> 23u, 1u) - exponent; gap > 0u; gap -= min(gap, 8u)) { rest = (rest << min(gap, 8u)) % divisor; }
  // rest · 2^(exponent − 150), as two factors that are normal numbers.
  let half = exponent / 2u;
  let y = f32(rest) * bits_f32((half + 52u) << 23u) * bits_f32((exponent - half + 52u) << 23u);
  return select(y, -y, (bitcast<u32>(a) >> 31u) == 1u);
}`,
];

export const REMAINDER = [
  ...FMOD,
  `fn remainder_f32(a: f32, b: f32) -> f32 {
  let r = fmod_f32(a, b);
  return select(r, r + b, r != 0.0 && (r < 0.0) != (b < 0.0));
}`,
];

// Rounded from the exact multiple of b, as Python's //.
export const FLOOR_DIVIDE = [
  ...FMOD,
  `fn floor_divide_f32(a: f32, b: f32) -> f32 {
  if (b == 0.0) { return a / b; }
  let r = fmod_f32(a, b);
  if (${isNan('r')}) { return r; }
  let q = (a - r) / b - select(0.0, 1.0, r != 0.0 && (r < 0.0) != (b < 0.0));
  return select(round(q), q, ${isNan('q')});
}`,
];

export const HYPOT = [
  `fn hypot_f32(a: f32, b: f32) -> f32 {
  let high = max(abs(a), abs(b));
  let ratio = min(abs(a), abs(b)) / high;
  let y = select(high * sqrt(1.0 + ratio * ratio), high, high == 0.0);
  let infinite = abs(a) > 3.4028234e38 || abs(b) > 3.4028234e38;
  return select(select(y, a + b, ${isNan('a')} || ${isNan('b')}), ${INFINITY}, infinite);
}`,
];

// A small whole exponent multiplies, so that the result is exact where it can be. Else 2^(b·log2|a|), with the logarithm and the product in two parts
// of which the first has 12 bits (as fdlibm does): an error in b·log2|a| would become one of the result, up to 128 times as large.
export const POW = [
  EXPM1_NEAR,
  TIMES_POWER_OF_2,
  LOG_NEAR,
  LOG_PARTS,
  'fn upper_bits(x: f32) -> f32 { return bits_f32(bitcast<u32>(x) & 0xfffff000u); }',
  `fn log2_split(a: f32) -> vec2f {
  let p = log_parts(a);
  let f = p.x;
  // s = f/(2 + f) = high + low, by the remainder that dividing leaves.
  let d = 2.0 + f;
  let s = f / d;
  let high = upper_bits(s);
  let d_high = upper_bits(d);
  let low = ((f - high * d_high) - ${lower('high')} * ((d - d_high) + (f - (${lower('d')} - 2.0)))) / d;
  let z = s * s;
  let rest = 2.0 * low + s * z * (0.66666663 + z * (0.40000334 + z * (0.28537303 + z * 0.23582284)));
  // Times log2(e) = 1.4423828 + 3.122284e-4.
  let t_high = 2.0 * high * 1.4423828;
  let t_low = ${upper('2.0 * high')} * 3.122284e-4 + rest * 1.442695;
  let whole = upper_bits(p.y + (t_high + t_low));
  return vec2f(whole, ((p.y - whole) + t_high) + t_low);
}`,
  `fn pow_f32(a: f32, b: f32) -> f32 {
  if (b == 0.0 || a == 1.0) { return 1.0; }
  if (${isNan('a')} || ${isNan('b')}) { return a + b; }
  let size = abs(a);
  let whole = b == floor(b);
  let negative = (bitcast<u32>(a) >> 31u) == 1u && whole && 2.0 * floor(0.5 * b) != b;
  var y = 1.0;
  if (size == 0.0 || size > 3.4028234e38) {
    y = select(${INFINITY}, 0.0, (size == 0.0) == (b > 0.0));
  } else if (whole && abs(b) <= 16.0) {
    var power = size;
    for (var n = u32(abs(b)); n > 0u; n >>= 1u) {
      y = select(y, y * power, (n & 1u) == 1u);
      power *= power;
    }
    y = select(y, 1.0 / y, b < 0.0);
  } else {
    // No exponent beyond this gives anything but 0, 1 or infinity.
    let c = clamp(b, -4e9, 4e9);
    let u = log2_split(size);
    let c_high = upper_bits(c);
    let p_high = c_high * u.x;
    let p_low = (c - c_high) * ${lower('u.x')} + c * u.y;
    let n = round(clamp(p_high + p_low, -150.0, 128.0));
    let r = ((p_high - n) + p_low) * 0.69314718;
    y = times_power_of_2(1.0 + expm1_near(r), n);
    y = select(select(y, 0.0, p_high + p_low < -150.0), ${INFINITY}, p_high + p_low >= 128.0);
    y = select(y, ${NAN}, a < 0.0 && !whole);
  }
  return select(y, -y, negative);
}`,
];

// Of two infinities of one sign there is no difference.
export const LOG_ADD_EXP = [
  ...EXP,
  ...LOG1P,
  `fn log_add_exp_f32(a: f32, b: f32) -> f32 {
  let y = max(a, b) + select(log1p_f32(exp_f32(-abs(a - b))), 0.6931472, a == b);
  return select(y, a + b, ${isNan('a')} || ${isNan('b')});
}`,
];
