export * from './activations.ts';
export { MultiheadAttention } from './attention.ts';
export * from './conv.ts';
export * as init from './init.ts';
export * from './layers.ts';
export { Module, Parameter, type StateDict } from './module.ts';
export * from './norm.ts';
export { type SpectralNormOptions, spectralNorm, weightNorm } from './parametrizations.ts';
export * from './pooling.ts';
