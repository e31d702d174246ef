export { Adafactor, type AdafactorGroup } from './adafactor.ts';
export {
  Adam,
  Adamax,
  type AdamGroup,
  type AdamOptions,
  AdamW,
  type DecoupledOptions,
  NAdam,
  type NAdamGroup,
  RAdam,
} from './adam.ts';
export { Adadelta, type AdadeltaGroup, Adagrad, type AdagradGroup, RMSprop, type RmsPropGroup, type RmsPropOptions } from './adaptive.ts';
export { EMA } from './ema.ts';
export { ARENA_ALIGNMENT } from './kernels/update.ts';
export { LAMB, LARS, type LambGroup, type LarsGroup } from './layerwise.ts';
export { Muon, type MuonGroup, type MuonOptions } from './muon.ts';
export {
  type ClipOptions,
  type GroupOptions,
  Optimizer,
  type OptimizerState,
  type ParameterGroup,
  type Schedule,
  type Trained,
} from './optimizer.ts';
export * as schedules from './schedules.ts';
export { SGD, type SgdGroup, type SgdOptions } from './sgd.ts';
export { Lion, type LionGroup, Rprop, type RpropGroup } from './sign.ts';
