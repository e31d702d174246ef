// One product of a Newton–Schulz iteration, for many matrices at once: y = a·addend + c·left·right, in the three forms of
//
//   A = x·xᵀ      B = b·A + c·A·A      x = a·x + B·x
//
// x is [short, long] with short ≤ long; a tall matrix stands for its transpose, by its strides. A and B are square of the short side.
// A tile table says which workgroup makes which 64 × 64 outputs of which matrix, so the number of dispatches doesn't depend on the number of
// matrices.
//
// tiled   for GPUs: 256 invocations make 4 × 4 outputs each from 64 × 16 slices in workgroup memory, as matmul.wgsl does.
// lanes   for CPU adapters: 16 invocations, four columns each, make 4 rows at a time; values of left are the same for all of them.

struct Params {
  // 0: x·xᵀ. 1: A·A. 2: B·x.
  form: u32,
  // Factors on the addend and on the product.
  a: f32,
  c: f32,
  tiles: u32,
  // Workgroups along x; the rest folds into y.
  gridX: u32,
}

struct Matrix { rows: u32, columns: u32, at: u32, gram: u32 }
struct Tile { matrix: u32, row: u32, column: u32 }

@group(0) @binding(0) var<storage, read> matrices: array<Matrix>;
@group(0) @binding(1) var<storage, read> tiles: array<Tile>;
// The matrices themselves, and the squares they are multiplied with: x alone, A alone, or both.
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> square: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

// A matrix seen with its short side first: element (i, j) stands at base + i·row + j·column.
struct View { base: u32, row: u32, column: u32 }
struct Product { left: View, right: View, y: View, rows: u32, columns: u32, depth: u32 }

fn productOf(m: Matrix) -> Product {
  let shorter = min(m.rows, m.columns);
  let longer = max(m.rows, m.columns);
  let wide = m.rows <= m.columns;
  let whole = View(m.at, select(1u, m.columns, wide), select(m.columns, 1u, wide));
  let gram = View(m.gram, shorter, 1u);
  if (params.form == 0u) { return Product(whole, View(m.at, whole.column, whole.row), gram, shorter, shorter, longer); }
  if (params.form == 1u) { return Product(gram, gram, gram, shorter, shorter, shorter); }
  return Product(gram, whole, whole, shorter, longer, shorter);
}

fn leftAt(i: u32) -> f32 {
  if (params.form == 0u) { return x[i]; }
  return square[i];
}

fn rightAt(i: u32) -> f32 {
  if (params.form == 1u) { return square[i]; }
  return x[i];
}

fn rightFour(i: vec4u) -> vec4f {
  return vec4f(rightAt(i.x), rightAt(i.y), rightAt(i.z), rightAt(i.w));
}

fn store(p: Product, row: u32, column: u32, sum: f32) {
  if (row >= p.rows || column >= p.columns) { return; }
  let at = p.y.base + row * p.y.row + column * p.y.column;
  var value = params.c * sum;
  if (params.form == 1u) { value += params.a * square[at]; }
  if (params.form == 2u) { value += params.a * x[at]; }
  y[at] = value;
}

@compute @workgroup_size(16)
fn lanes(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let id = group.x + group.y * params.gridX;
  if (id >= params.tiles) { return; }
  let tile = tiles[id];
  let p = productOf(matrices[tile.matrix]);
  let columns = tile.column + local + vec4u(0, 16, 32, 48);
  // Places beyond the edge repeat the last one, and aren't stored.
  let right = p.right.base + min(columns, vec4u(p.columns - 1u)) * p.right.column;
  for (var row = tile.row; row < min(tile.row + 64u, p.rows); row += 4u) {
    let left = p.left.base + min(row + vec4u(0, 1, 2, 3), vec4u(p.rows - 1u)) * p.left.row;
    var sums0 = vec4f();
    var sums1 = vec4f();
    var sums2 = vec4f();
    var sums3 = vec4f();
    for (var k = 0u; k < p.depth; k++) {
      let offset = k * p.left.column;
      let b = rightFour(right + k * p.right.row);
      sums0 = fma(vec4f(leftAt(left.x + offset)), b, sums0);
      sums1 = fma(vec4f(leftAt(left.y + offset)), b, sums1);
      sums2 = fma(vec4f(leftAt(left.z + offset)), b, sums2);
      sums3 = fma(vec4f(leftAt(left.w + offset)), b, sums3);
    }
    for (var c = 0u; c < 4u; c++) {
      store(p, row, columns[c], sums0[c]);
      store(p, row + 1u, columns[c], sums1[c]);
      store(p, row + 2u, columns[c], sums2[c]);
      store(p, row + 3u, columns[c], sums3[c]);
    }
  }
}

var<workgroup> leftTile: array<array<f32, 64>, 16>;
var<workgroup> rightTile: array<array<f32, 64>, 16>;

@compute @workgroup_size(256)
fn tiled(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let id = group.x + group.y * params.gridX;
  if (id >= params.tiles) { return; }
  let tile = tiles[id];
  let p = productOf(matrices[tile.matrix]);
  let row = (local / 16u) * 4u;
  let column = (local % 16u) * 4u;
  var sums0 = vec4f();
  var sums1 = vec4f();
  var sums2 = vec4f();
  var sums3 = vec4f();
  for (var k0 = 0u; k0 < p.depth; k0 += 16u) {
    for (var i = local; i < 1024u; i += 256u) {
      // Neighbours take what stands side by side: k or the other axis fastest.
      let leftK = select(i / 64u, i % 16u, p.left.column == 1u);
      let leftRow = select(i % 64u, i / 16u, p.left.column == 1u);
      let rightK = select(i / 64u, i % 16u, p.right.row == 1u);
      let rightColumn = select(i % 64u, i / 16u, p.right.row == 1u);
      var value = 0f;
      if (tile.row + leftRow < p.rows && k0 + leftK < p.depth) {
        value = leftAt(p.left.base + (tile.row + leftRow) * p.left.row + (k0 + leftK) * p.left.column);
      }
      leftTile[leftK][leftRow] = value;
      value = 0f;
      if (tile.column + rightColumn < p.columns && k0 + rightK < p.depth) {
        value = rightAt(p.right.base + (k0 + rightK) * p.right.row + (tile.column + rightColumn) * p.right.column);
      }
      rightTile[rightK][rightColumn] = value;
    }
    workgroupBarrier();
    for (var k = 0u; k < 16u; k++) {
      let b = vec4f(rightTile[k][column], rightTile[k][column + 1u], rightTile[k][column + 2u], rightTile[k][column + 3u]);
      sums0 = fma(vec4f(leftTile[k][row]), b, sums0);
      sums1 = fma(vec4f(leftTile[k][row + 1u]), b, sums1);
      sums2 = fma(vec4f(leftTile[k][row + 2u]), b, sums2);
      sums3 = fma(vec4f(leftTile[k][row + 3u]), b, sums3);
    }
    workgroupBarrier();
  }
  for (var c = 0u; c < 4u; c++) {
    store(p, tile.row + row, tile.column + column + c, sums0[c]);
    store(p, tile.row + row + 1u, tile.column + column + c, sums1[c]);
    store(p, tile.row + row + 2u, tile.column + column + c, sums2[c]);
    store(p, tile.row + row + 3u, tile.column + column + c, sums3[c]);
  }
}
