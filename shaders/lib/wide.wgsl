// Rows read four elements at a time, for rows of a multiple of four; narrow.wgsl has the same names for one. A load of a vec4 costs a CPU
// adapter hardly more than one of a single value, and loads are what its time goes into.
alias V = vec4<T>;
alias F = vec4f;
const WIDTH = 4u;

fn sumOf(v: F) -> f32 { return (v.x + v.y) + (v.z + v.w); }
fn maxOf(v: F) -> f32 { return max(max(v.x, v.y), max(v.z, v.w)); }
fn component(v: F, k: u32) -> f32 { return v[k]; }
// One value for each element.
fn together(a: f32, b: f32, c: f32, d: f32) -> F { return vec4f(a, b, c, d); }
// 1 where element number 4·c … 4·c + 3 is number `chosen`.
fn isChosen(c: u32, chosen: u32) -> F { return select(vec4f(0), vec4f(1), vec4u(0, 1, 2, 3) + 4 * c == vec4u(chosen)); }
// Drivers differ in what exp makes of NaN.
fn expOf(v: F) -> F { return select(exp(v), v, (bitcast<vec4u>(v) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u)); }
fn finished(v: F, i: u32) -> V {
  return V(T(epilogue(v.x, 4 * i)), T(epilogue(v.y, 4 * i + 1)), T(epilogue(v.z, 4 * i + 2)), T(epilogue(v.w, 4 * i + 3)));
}
