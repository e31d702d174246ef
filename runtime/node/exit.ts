// The end of a process that has used the GPU.

const devices = new Set<GPUDevice>();
let listening = false;

/**
 * `process.exit` takes down what the driver's threads still use while they compile kernels, and the process crashes in place of ending with
 * its code. Destroying a device waits for them.
 */
export function endDevicesAtExit(adapter: GPUAdapter): void {
  const request = adapter.requestDevice.bind(adapter);
  adapter.requestDevice = async (descriptor) => {
    const device = await request(descriptor);
    if (!listening) process.on('exit', destroyAll);
    listening = true;
    devices.add(device);
    void device.lost.then(() => devices.delete(device));
    return device;
  };
}

function destroyAll(): void {
  for (const device of devices) device.destroy();
}
