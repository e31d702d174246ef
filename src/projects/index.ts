import type { Project } from '../train/project.ts';
import { optimizers } from './applied/optimizers/index.ts';
import { housePrices } from './i2dl/house-prices/index.ts';
import { mcDropout } from './small-scale/mc-dropout/index.ts';
import { vae } from './uva/vae/index.ts';

/** Every project of the collection, in the order of `tilegrad list`. */
export const projects: readonly Project[] = [mcDropout, optimizers, housePrices, vae];
