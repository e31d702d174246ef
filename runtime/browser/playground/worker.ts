// The thread that runs the playground's code.
export {};
