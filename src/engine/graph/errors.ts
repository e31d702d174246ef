/** Base of every error that tilegrad throws for a reason a user can act on. The command line prints its message without a stack. */
export class TilegradError extends Error {
  override name = 'TilegradError';
}

/** Shapes that don't fit an op: `matmul: expected …, got [2, 3] and [4, 5]`. */
export class ShapeError extends TilegradError {
  override name = 'ShapeError';
}

/** Element types that don't fit an op. */
export class DTypeError extends TilegradError {
  override name = 'DTypeError';
}

/** A shader that the driver refused: names our file, line and column. */
export class KernelError extends TilegradError {
  override name = 'KernelError';
}

/** The GPU device is gone: destroyed by the program, or lost to the driver. */
export class DeviceLostError extends TilegradError {
  override name = 'DeviceLostError';
}

/** A buffer over the adapter's limit, or memory that the driver would not give. */
export class OutOfMemoryError extends TilegradError {
  override name = 'OutOfMemoryError';
}

/** A file whose content isn't what its format says: truncated, corrupt, of the wrong kind. */
export class DataFormatError extends TilegradError {
  override name = 'DataFormatError';
}

/** A tensor whose memory a later step has reused: read it before that step, or `keep()` it. */
export class StaleTensorError extends TilegradError {
  override name = 'StaleTensorError';
}
