// Imported by tests that execute each of many kernels a few times: lavapipe then compiles them without LLVM's optimisations, which take longer than they
// save. It is read when the driver is loaded, and means nothing to other adapters.
process.env.GALLIVM_PERF ??= 'nopt';

export {};
