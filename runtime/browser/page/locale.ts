// Chrome on a system without a locale calls its language `en-US@posix`, which Intl refuses, and uPlot asks Intl as soon as it is loaded.
// So this stands before it.
try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en-US' });
}

export {};
