// The data folder that the server of this page offers.
import { signal } from '@preact/signals';

/** Its address; undefined where there is none, as on a static host. */
export const servedData = signal<string | undefined>(undefined);
