import { type nn, optim, TilegradError } from '../../../index.ts';

export const families = ['One rate for all', 'A rate for each parameter', 'Adam and later'] as const;

/** An update rule with its hyper-parameters: those of its paper or of PyTorch, the learning rate apart. */
export interface Rule {
  readonly name: string;
  readonly title: string;
  readonly family: (typeof families)[number];
  /** Works on matrices as such, so it has nothing to do on a surface. */
  readonly matrices?: true;
  make(groups: readonly { readonly params: readonly nn.Parameter[]; readonly lr: number }[]): optim.Optimizer;
}

export const rules: readonly Rule[] = [
  { name: 'sgd', title: 'SGD', family: families[0], make: (groups) => new optim.SGD(groups) },
  { name: 'momentum', title: 'momentum', family: families[0], make: (groups) => new optim.SGD(groups, { momentum: 0.9 }) },
  { name: 'nesterov', title: 'Nesterov', family: families[0], make: (groups) => new optim.SGD(groups, { momentum: 0.9, nesterov: true }) },
  { name: 'rprop', title: 'Rprop', family: families[1], make: (groups) => new optim.Rprop(groups) },
  { name: 'adagrad', title: 'Adagrad', family: families[1], make: (groups) => new optim.Adagrad(groups) },
  { name: 'adadelta', title: 'Adadelta', family: families[1], make: (groups) => new optim.Adadelta(groups) },
  { name: 'rmsprop', title: 'RMSprop', family: families[1], make: (groups) => new optim.RMSprop(groups) },
  { name: 'adam', title: 'Adam', family: families[2], make: (groups) => new optim.Adam(groups) },
  { name: 'nadam', title: 'NAdam', family: families[2], make: (groups) => new optim.NAdam(groups) },
  { name: 'adamw', title: 'AdamW', family: families[2], make: (groups) => new optim.AdamW(groups) },
  { name: 'lion', title: 'Lion', family: families[2], make: (groups) => new optim.Lion(groups) },
  { name: 'lamb', title: 'LAMB', family: families[2], make: (groups) => new optim.LAMB(groups) },
  {
    name: 'muon',
    title: 'Muon',
    family: families[2],
    matrices: true,
    make: (groups) => new optim.Muon(groups, { adjustLr: 'matchRmsAdamW' }),
  },
];

/** Those named, in the order of the list. @throws TilegradError for a name that isn't one. */
export function chosenRules(names: string): readonly Rule[] {
  const wanted = names.split(',').map((name) => name.trim().toLowerCase());
  if (wanted.includes('all')) return rules;
  const known = rules.map(({ name }) => name);
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new TilegradError(`--optimizers: no ${unknown.join(', ')}; there are ${known.join(', ')}`);
  return rules.filter(({ name }) => wanted.includes(name));
}
