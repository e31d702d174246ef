// Every optimiser with every option, beside its reference.
import { optim } from '../../src/index.ts';
import { type Case, SPLIT } from './problem.ts';
import * as ref from './reference.ts';

const falling = optim.schedules.cosine(0.1, 10, 0.01);
const stepping = optim.schedules.stepDecay(0.05, 3, 0.5);

export const cases: readonly Case[] = [
  { name: 'SGD', make: (p) => new optim.SGD(p, { lr: 0.1 }), rules: [ref.sgd()], lrs: [0.1] },
  {
    name: 'SGD with decay',
    make: (p) => new optim.SGD(p, { lr: 0.1, weightDecay: 0.2 }),
    rules: [ref.sgd({ weightDecay: 0.2 })],
    lrs: [0.1],
  },
  {
    name: 'SGD with dampening, clipped',
    make: (p) => new optim.SGD(p, { lr: falling, momentum: 0.8, dampening: 0.3, weightDecay: 0.1, clipNorm: 2 }),
    rules: [ref.sgd({ momentum: 0.8, dampening: 0.3, weightDecay: 0.1 })],
    lrs: [falling],
    clipNorm: 2,
  },
  {
    name: 'SGD, Nesterov',
    make: (p) => new optim.SGD(p, { lr: 0.03, momentum: 0.9, nesterov: true, clipNorm: 1e6 }),
    rules: [ref.sgd({ momentum: 0.9, nesterov: true })],
    lrs: [0.03],
    clipNorm: 1e6,
  },
  {
    name: 'SGD, a group without momentum',
    make: (p) =>
      new optim.SGD(
        [
          { params: p.slice(0, SPLIT), momentum: 0.9, lr: falling },
          { params: p.slice(SPLIT), weightDecay: 0.1 },
        ],
        { lr: 0.02, dampening: 0.5 },
      ),
    rules: [ref.sgd({ momentum: 0.9, dampening: 0.5 }), ref.sgd({ weightDecay: 0.1 })],
    lrs: [falling, 0.02],
  },
  { name: 'Adam', make: (p) => new optim.Adam(p), rules: [ref.adam()], lrs: [1e-3] },
  {
    name: 'Adam with decay, AMSGrad',
    make: (p) => new optim.Adam(p, { lr: falling, betas: [0.8, 0.5], eps: 1e-4, weightDecay: 0.3, amsgrad: true }),
    rules: [ref.adam({ betas: [0.8, 0.5], eps: 1e-4, weightDecay: 0.3, amsgrad: true })],
    lrs: [falling],
  },
  {
    name: 'AdamW, clipped',
    make: (p) => new optim.AdamW(p, { lr: falling, clipNorm: 1, clipValue: 0.5 }),
    rules: [ref.adam({ weightDecay: 0.01, decoupled: true })],
    lrs: [falling],
    clipNorm: 1,
    clipValue: 0.5,
  },
  {
    name: 'AdamW, two groups',
    make: (p) =>
      new optim.AdamW(
        [
          { params: p.slice(0, SPLIT), weightDecay: 0.3, lr: stepping },
          { params: p.slice(SPLIT), betas: [0.7, 0.9], eps: 1e-3 },
        ],
        { lr: 0.02, amsgrad: true },
      ),
    rules: [
      ref.adam({ weightDecay: 0.3, decoupled: true, amsgrad: true }),
      ref.adam({ weightDecay: 0.01, betas: [0.7, 0.9], eps: 1e-3, decoupled: true, amsgrad: true }),
    ],
    lrs: [stepping, 0.02],
  },
  {
    name: 'Adamax',
    make: (p) => new optim.Adamax(p, { lr: falling, betas: [0.8, 0.7], weightDecay: 0.1 }),
    rules: [ref.adamax({ betas: [0.8, 0.7], weightDecay: 0.1 })],
    lrs: [falling],
  },
  { name: 'NAdam', make: (p) => new optim.NAdam(p, { weightDecay: 0.1 }), rules: [ref.nadam({ weightDecay: 0.1 })], lrs: [2e-3] },
  {
    name: 'NAdam, decoupled',
    make: (p) => new optim.NAdam(p, { lr: stepping, weightDecay: 0.1, momentumDecay: 0.3, decoupledWeightDecay: true }),
    rules: [ref.nadam({ weightDecay: 0.1, momentumDecay: 0.3, decoupledWeightDecay: true })],
    lrs: [stepping],
  },
  { name: 'RAdam', make: (p) => new optim.RAdam(p, { weightDecay: 0.1 }), rules: [ref.radam({ weightDecay: 0.1 })], lrs: [1e-3] },
  {
    name: 'RAdam, decoupled',
    make: (p) => new optim.RAdam(p, { lr: stepping, betas: [0.9, 0.9], weightDecay: 0.1, decoupledWeightDecay: true }),
    rules: [ref.radam({ betas: [0.9, 0.9], weightDecay: 0.1, decoupledWeightDecay: true })],
    lrs: [stepping],
  },
  { name: 'RMSprop', make: (p) => new optim.RMSprop(p, { weightDecay: 0.1 }), rules: [ref.rmsprop({ weightDecay: 0.1 })], lrs: [1e-2] },
  {
    name: 'RMSprop, centred, with momentum',
    make: (p) => new optim.RMSprop(p, { lr: stepping, alpha: 0.8, eps: 1e-3, momentum: 0.5, centered: true }),
    rules: [ref.rmsprop({ alpha: 0.8, eps: 1e-3, momentum: 0.5, centered: true })],
    lrs: [stepping],
  },
  {
    name: 'RMSprop, momentum in one group',
    make: (p) => new optim.RMSprop([{ params: p.slice(0, SPLIT) }, { params: p.slice(SPLIT), momentum: 0.5 }], { clipValue: 1 }),
    rules: [ref.rmsprop(), ref.rmsprop({ momentum: 0.5 })],
    lrs: [1e-2],
    clipValue: 1,
  },
  {
    name: 'Adagrad',
    make: (p) => new optim.Adagrad(p, { lrDecay: 0.1, weightDecay: 0.1 }),
    rules: [ref.adagrad({ lrDecay: 0.1, weightDecay: 0.1 })],
    lrs: [1e-2],
  },
  {
    name: 'Adagrad, groups with accumulators of their own',
    make: (p) => new optim.Adagrad([{ params: p.slice(0, SPLIT), initialAccumulator: 0.5 }, { params: p.slice(SPLIT) }], { lr: stepping }),
    rules: [ref.adagrad({ initialAccumulator: 0.5 }), ref.adagrad()],
    lrs: [stepping],
  },
  { name: 'Adadelta', make: (p) => new optim.Adadelta(p), rules: [ref.adadelta()], lrs: [1] },
  {
    name: 'Adadelta with decay',
    make: (p) => new optim.Adadelta(p, { lr: falling, rho: 0.7, eps: 1e-3, weightDecay: 0.2 }),
    rules: [ref.adadelta({ rho: 0.7, eps: 1e-3, weightDecay: 0.2 })],
    lrs: [falling],
  },
  { name: 'Rprop', make: (p) => new optim.Rprop(p), rules: [ref.rprop()], lrs: [1e-2] },
  {
    name: 'Rprop, two groups',
    make: (p) =>
      new optim.Rprop([
        { params: p.slice(0, SPLIT), lr: 0.3, stepSizes: [0.1, 0.5] },
        { params: p.slice(SPLIT), etas: [0.3, 1.5] },
      ]),
    rules: [ref.rprop({ stepSizes: [0.1, 0.5] }), ref.rprop({ etas: [0.3, 1.5] })],
    lrs: [0.3, 1e-2],
  },
  { name: 'Lion', make: (p) => new optim.Lion(p), rules: [ref.lion()], lrs: [1e-4] },
  {
    name: 'Lion with decay',
    make: (p) => new optim.Lion(p, { lr: falling, betas: [0.8, 0.7], weightDecay: 0.3 }),
    rules: [ref.lion({ betas: [0.8, 0.7], weightDecay: 0.3 })],
    lrs: [falling],
  },
  { name: 'LARS', make: (p) => new optim.LARS(p), rules: [ref.lars()], lrs: [1], dispatches: 3 },
  {
    name: 'LARS, a group not adapted',
    make: (p) =>
      new optim.LARS(
        [
          { params: p.slice(0, SPLIT), lr: 0.02, adapt: false, momentum: 0.5 },
          { params: p.slice(SPLIT), trustCoefficient: 0.1, weightDecay: 0.2, eps: 0.1 },
        ],
        { lr: falling, clipNorm: 1 },
      ),
    rules: [ref.lars({ adapt: false, momentum: 0.5 }), ref.lars({ trustCoefficient: 0.1, weightDecay: 0.2, eps: 0.1 })],
    lrs: [0.02, falling],
    clipNorm: 1,
  },
  { name: 'LAMB', make: (p) => new optim.LAMB(p), rules: [ref.lamb()], lrs: [1e-3], dispatches: 3 },
  {
    name: 'LAMB, a group not adapted',
    make: (p) =>
      new optim.LAMB(
        [
          { params: p.slice(0, SPLIT), weightDecay: 0, adapt: false },
          { params: p.slice(SPLIT), betas: [0.7, 0.8], eps: 1e-3, lr: stepping },
        ],
        { lr: 0.02, clipValue: 0.7 },
      ),
    rules: [ref.lamb({ weightDecay: 0, adapt: false }), ref.lamb({ betas: [0.7, 0.8], eps: 1e-3 })],
    lrs: [0.02, stepping],
    clipValue: 0.7,
  },
  { name: 'Muon', make: (p) => new optim.Muon(p, { lr: falling }), rules: [ref.muon()], lrs: [falling], dispatches: 20 },
  {
    name: 'Muon, groups by AdamW and by Muon alone',
    make: (p) =>
      new optim.Muon(
        [
          { params: p.slice(0, SPLIT), adamw: true, lr: stepping, betas: [0.8, 0.9] },
          { params: p.slice(SPLIT), momentum: 0.5, weightDecay: 0.3, eps: 1e-3 },
        ],
        { lr: 0.02, nesterov: false, nsSteps: 2, nsCoefficients: [2, -1.5, 0.5], adjustLr: 'matchRmsAdamW', clipNorm: 3 },
      ),
    rules: [
      ref.muon({ adamw: true, betas: [0.8, 0.9] }),
      ref.muon({
        momentum: 0.5,
        weightDecay: 0.3,
        nesterov: false,
        nsSteps: 2,
        nsCoefficients: [2, -1.5, 0.5],
        adjustLr: 'matchRmsAdamW',
        eps: 1e-3,
      }),
    ],
    lrs: [stepping, 0.02],
    clipNorm: 3,
  },
  { name: 'Adafactor', make: (p) => new optim.Adafactor(p), rules: [ref.adafactor()], lrs: [1e-2], dispatches: 6 },
  {
    name: 'Adafactor, two groups',
    make: (p) =>
      new optim.Adafactor(
        [
          { params: p.slice(0, SPLIT), lr: 2, beta2Decay: -0.5, weightDecay: 0.1 },
          { params: p.slice(SPLIT), eps: [1e-3, 0.5], d: 0.3 },
        ],
        { lr: falling, clipNorm: 2 },
      ),
    rules: [ref.adafactor({ beta2Decay: -0.5, weightDecay: 0.1 }), ref.adafactor({ eps: [1e-3, 0.5], d: 0.3 })],
    lrs: [2, falling],
    clipNorm: 2,
  },
];
