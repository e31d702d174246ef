// Imported by tests that run a project several times in one process: its kernels are compiled once. A program gives up those of a run that ended, but
// for the latest; what a suite holds so is given up with its file's process.
import { vi } from 'vitest';
import { Device } from '../src/engine/gpu/device.ts';

vi.spyOn(Device.prototype, 'forgetIdlePipelines').mockImplementation(() => {});
