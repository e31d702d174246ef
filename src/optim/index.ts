export { Adam, type AdamOptions, AdamW } from './adam.ts';
export { Optimizer, type OptimizerOptions, type OptimizerState, type Schedule } from './optimizer.ts';
export * as schedules from './schedules.ts';
export { SGD, type SgdOptions } from './sgd.ts';
