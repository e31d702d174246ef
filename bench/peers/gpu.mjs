// Dawn as `navigator.gpu` for the peers, which were written for browsers.
import { create, globals } from 'webgpu';
import { expectKind } from './adapters.mjs';

/** The flags of every Dawn instance in this harness: those that tilegrad's own runtime uses (runtime/node/probe.ts). */
const dawnFlags = ['enable-dawn-features=vulkan_enable_f16_on_nvidia,allow_unsafe_apis', 'disable-dawn-features=timestamp_quantization'];

// Dawn's instance must stay reachable for the life of the process: collected, it takes the process with it.
const gpu = create(dawnFlags);

/**
 * Puts Dawn where browser code looks for it, checks that its adapter is of `kind` and returns the adapter's name.
 * Whatever device a peer then requests gets the adapter's own limits, as tilegrad's does.
 */
export async function provideNavigatorGpu(kind) {
  Object.assign(globalThis, globals);
  if (!globalThis.navigator) Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'Node.js' }, configurable: true });
  const requestAdapter = gpu.requestAdapter.bind(gpu);
  gpu.requestAdapter = async (options) => withOwnLimits(await requestAdapter(options));
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
  const adapter = await requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('adapter: Dawn found none');
  const name = adapter.info.description || adapter.info.device;
  expectKind(kind, name);
  return name;
}

function withOwnLimits(adapter) {
  if (!adapter) return adapter;
  const requestDevice = adapter.requestDevice.bind(adapter);
  adapter.requestDevice = (descriptor = {}) =>
    requestDevice({
      ...descriptor,
      requiredFeatures: (descriptor.requiredFeatures ?? []).flat(), // tfjs nests one of its own
      requiredLimits: limitsOf(adapter),
    });
  return adapter;
}

function limitsOf(adapter) {
  const limits = {};
  for (const name in adapter.limits) if (typeof adapter.limits[name] === 'number') limits[name] = adapter.limits[name];
  return limits;
}
