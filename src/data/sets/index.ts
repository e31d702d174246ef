// All sets. Each is a file of its own, loaded when it is opened: openDataSet(platform, sets.cifar10).

const cifar = () => import('./cifar.ts');
const folders = () => import('./image-folders.ts');

export const sets = {
  mnist: () => import('./mnist.ts').then(({ mnist }) => mnist),
  fashionMnist: () => import('./fashion-mnist.ts').then(({ fashionMnist }) => fashionMnist),
  cifar10: () => cifar().then(({ cifar10 }) => cifar10),
  cifar100: () => cifar().then(({ cifar100 }) => cifar100),
  tinyImageNet: () => folders().then(({ tinyImageNet }) => tinyImageNet),
  cottonLeaf: () => folders().then(({ cottonLeaf }) => cottonLeaf),
  cottonDisease: () => folders().then(({ cottonDisease }) => cottonDisease),
} as const;
