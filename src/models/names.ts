import { keepNames } from '../names.ts';
import * as models from './index.ts';

keepNames(models);
