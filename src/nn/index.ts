import * as activations from './activations.ts';
import { MultiheadAttention } from './attention.ts';
import * as conv from './conv.ts';
import { takeTensors } from './edge.ts';
import * as layers from './layers.ts';
import * as norm from './norm.ts';
import * as pooling from './pooling.ts';
import * as recurrent from './recurrent.ts';

export * from './activations.ts';
export { MultiheadAttention } from './attention.ts';
export { ModuleDict, ModuleList, ParameterDict, ParameterList } from './containers.ts';
export * from './conv.ts';
export { GATConv, GCNConv, type NodeFeatures, SAGEConv } from './graph.ts';
export * as init from './init.ts';
export * from './layers.ts';
export type { LoadOptions, LoadReport, StateDict } from './load.ts';
export { type ForwardHook, type ForwardPreHook, Module, Parameter } from './module.ts';
export * from './norm.ts';
export { type SpectralNormOptions, spectralNorm, weightNorm } from './parametrizations.ts';
export * from './pooling.ts';
export * from './recurrent.ts';
export { type LayerSummary, type ModelSummary, summary } from './summary.ts';

// What these two take is up to the modules and functions in them.
const { Sequential, Lambda, ...plain } = layers;
takeTensors({ MultiheadAttention, ...activations, ...conv, ...plain, ...norm, ...pooling, ...recurrent });
