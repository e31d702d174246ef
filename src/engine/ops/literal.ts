// Element types and numbers as WGSL.
import type { DType } from '../graph/dtype.ts';

/** The WGSL type that holds one element while it is computed with. */
export function wgslType(dtype: DType): string {
  return dtype === 'f16' ? 'f32' : dtype;
}

/** A number as WGSL. Infinities and NaN, which WGSL has no literals for, come from bit patterns at run time. */
export function literal(value: number, dtype: DType): string {
  if (dtype === 'bool') return value === 0 ? 'false' : 'true';
  if (dtype === 'u32') return `${value >>> 0}u`;
  if (dtype === 'i32') return value === -(2 ** 31) ? '(-2147483647i - 1i)' : `${Math.trunc(value)}i`;
  if (Number.isNaN(value)) return 'bits_f32(0x7fc00000u)';
  const single = Math.fround(value);
  if (single === Number.POSITIVE_INFINITY) return 'bits_f32(0x7f800000u)';
  if (single === Number.NEGATIVE_INFINITY) return 'bits_f32(0xff800000u)';
  if (Object.is(single, -0)) return 'bits_f32(0x80000000u)';
  const text = String(single);
  return `${/[.e]/.test(text) ? text : `${text}.0`}f`;
}
