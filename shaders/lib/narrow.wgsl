// Rows read one element at a time; wide.wgsl has the same names for four. V is what a buffer holds, F what is computed with.
alias V = T;
alias F = f32;
const WIDTH = 1u;

fn sumOf(v: F) -> f32 { return v; }
fn maxOf(v: F) -> f32 { return v; }
fn component(v: F, k: u32) -> f32 { return v; }
// One value for each element.
fn together(a: f32, b: f32, c: f32, d: f32) -> F { return a; }
// 1 where element c is number `chosen`.
fn isChosen(c: u32, chosen: u32) -> F { return select(0f, 1f, c == chosen); }
// Drivers differ in what exp makes of NaN.
fn expOf(v: F) -> F { return select(exp(v), v, (bitcast<u32>(v) & 0x7fffffffu) > 0x7f800000u); }
fn finished(v: F, i: u32) -> V { return T(epilogue(v, i)); }
