/** Bytes that one tensor may have on this GPU. */
export const largestBuffer = ({ limits }: GPUAdapter): number => Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
