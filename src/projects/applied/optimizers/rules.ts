import { namesIn, type nn, optim } from '../../../index.ts';

export const families = ['One rate for all', 'A rate for each parameter', 'Adam and later'] as const;
const [one, each, later] = families;

type Make = (groups: readonly { readonly params: readonly nn.Parameter[]; readonly lr: number }[]) => optim.Optimizer;

/** An update rule with its hyper-parameters: those of its paper or of PyTorch, the learning rate apart. */
export interface Rule {
  readonly name: string;
  readonly title: string;
  readonly family: (typeof families)[number];
  readonly make: Make;
  /** Works on matrices as such, so it has nothing to do on a surface. */
  readonly matrices?: true;
}

/** A rule, and the learning rate that it is given. */
export type Runner = { readonly rule: Rule; readonly lr: number };

const rule = (title: string, family: Rule['family'], make: Make): Rule => ({ name: title.toLowerCase(), title, family, make });

export const rules: readonly Rule[] = [
  rule('SGD', one, (groups) => new optim.SGD(groups)),
  rule('momentum', one, (groups) => new optim.SGD(groups, { momentum: 0.9 })),
  rule('Nesterov', one, (groups) => new optim.SGD(groups, { momentum: 0.9, nesterov: true })),
  rule('Rprop', each, (groups) => new optim.Rprop(groups)),
  rule('Adagrad', each, (groups) => new optim.Adagrad(groups)),
  rule('Adadelta', each, (groups) => new optim.Adadelta(groups)),
  rule('RMSprop', each, (groups) => new optim.RMSprop(groups)),
  rule('Adam', later, (groups) => new optim.Adam(groups)),
  rule('NAdam', later, (groups) => new optim.NAdam(groups)),
  rule('AdamW', later, (groups) => new optim.AdamW(groups)),
  rule('Lion', later, (groups) => new optim.Lion(groups)),
  rule('LAMB', later, (groups) => new optim.LAMB(groups)),
  { ...rule('Muon', later, (groups) => new optim.Muon(groups, { adjustLr: 'matchRmsAdamW' })), matrices: true },
];

export const ruleNames = rules.map(({ name }) => name);

/** Those named in the option's text, in the order of the list. @throws TilegradError for a name that isn't one */
export function chosenRules(text: string): readonly Rule[] {
  const names = namesIn('optimizers', text, ruleNames);
  return rules.filter(({ name }) => names.includes(name));
}
