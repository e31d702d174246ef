// Tensors
// Making tensors, shapes that broadcast, reductions and matrix products; nothing is computed until values are asked for.
import { iota, rand, showTensor, tensor } from 'tilegrad';

const show = async (name, x) =>
  console.log(`${name}\n${await showTensor(x)}\n`);

const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
await show('x', x);

// A row of three broadcasts over both rows; a column of two over the three columns.
await show('x + row', x.add(tensor([10, 20, 30])));
await show('x · column', x.mul(tensor([[1], [-1]])));

await show('sums of the columns', x.sum(0));
await show('softmax of the rows', x.softmax(1));
await show('x xᵀ', x.matmul(x.transpose()));
await show('the rows backwards', x.flip(1));
await show('larger than 2', x.gt(2));

// Two ranges make a table: [12, 1] against [12].
const numbers = iota([12], 0).add(1);
await show('times table', numbers.unsqueeze(1).mul(numbers));

// Of a large tensor the corners are shown.
await show('random numbers', rand([1000, 1000]));

// In JavaScript's own arrays, and as one number:
console.log(await x.toArray(), await x.mean().item());
