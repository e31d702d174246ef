// The largest element of a row and Σ exp(x − largest), in one pass over it (Milakov & Gimelshein, arXiv 1805.02867).
const LOWEST = -0x1.fffffep+127f;

struct Exponentials {
  largest: f32,
  sum: f32,
}

struct Running {
  peak: F,
  total: F,
}

// One exponential an element: of its distance from the peak so far, which scales either the element or the sum.
fn include(running: Running, v: F) -> Running {
  let e = expOf(-abs(v - running.peak));
  return Running(max(running.peak, v), select(running.total + e, running.total * e + F(1f), v > running.peak));
}

// A row of −∞ has the sum 0, so its probabilities are NaN.
fn ofRow(running: Running, at: Place) -> Exponentials {
  let largest = maxOfRow(maxOf(running.peak), at);
  return Exponentials(largest, sumOfRow(sumOf(running.total * expOf(running.peak - largest)), at));
}
