// What to do where WebGPU is missing, in the words of the browser at hand.

export interface Surroundings {
  readonly userAgent: string;
  /** `isSecureContext`: WebGPU exists on https and on localhost alone. */
  readonly secure: boolean;
  /** The browser knows `navigator.gpu`; it may still find no adapter. */
  readonly webgpu: boolean;
  /** The page's own address, for advice on insecure contexts. */
  readonly address: string;
}

export interface Advice {
  readonly title: string;
  readonly steps: readonly string[];
}

const WHERE =
  'Chrome or Edge 113 and newer (Windows, macOS, ChromeOS; Android from 121), Safari 26, and Firefox 141 on Windows or 145 on macOS';

export function webgpuAdvice({ userAgent, secure, webgpu, address }: Surroundings): Advice {
  if (!secure) {
    return {
      title: 'Browsers give WebGPU to secure pages only, and this one came over plain HTTP.',
      steps: [
        `Open it over https, or on the machine that serves it as http://localhost${portOf(address)}.`,
        `From another machine, a tunnel does it: ssh -L 8080:localhost:${portOf(address).slice(1) || '80'} HOST, then http://localhost:8080.`,
      ],
    };
  }
  const browser = browserOf(userAgent);
  const linux = /Linux/.test(userAgent) && !/Android/.test(userAgent);
  if (!webgpu) return { title: `${browser.name} has no WebGPU here.`, steps: withoutWebgpu(browser, linux) };
  return { title: 'The browser has WebGPU, but gave no GPU.', steps: withoutAdapter(browser, linux) };
}

function withoutWebgpu({ name, version }: Browser, linux: boolean): readonly string[] {
  if (name === 'Firefox') {
    return [
      linux
        ? 'On Linux, WebGPU is in Firefox Nightly; in other versions set dom.webgpu.enabled to true in about:config and start Firefox anew.'
        : 'Update Firefox (141 or newer on Windows, 145 on macOS), or set dom.webgpu.enabled to true in about:config and start it anew.',
      'Or open this page in Chrome or Edge.',
    ];
  }
  if (name === 'Safari') {
    return [
      'Update to Safari 26 (macOS 26, iOS 26).',
      'In Safari 18, switch it on: Settings → Advanced → Show features for web developers, then Feature Flags → WebGPU.',
    ];
  }
  if (name === 'Chrome' || name === 'Edge') {
    const steps = version < 113 ? [`Update ${name}: this is version ${version}, and WebGPU came with 113.`] : [];
    if (linux) steps.push(`On Linux, open ${flagsOf(name)}#enable-unsafe-webgpu, choose Enabled, and start ${name} anew.`);
    else steps.push(`Open ${flagsOf(name).replace('flags', 'settings/system')}, switch on graphics acceleration, and start ${name} anew.`);
    steps.push(`${flagsOf(name).replace('flags', 'gpu')} says whether WebGPU is switched off, and why.`);
    return steps;
  }
  return [`Open this page in a browser that has it: ${WHERE}.`];
}

function withoutAdapter({ name }: Browser, linux: boolean): readonly string[] {
  if (name === 'Firefox') {
    return [
      'Look at about:support under Graphics for a blocked driver, and update the graphics driver.',
      'Or open this page in Chrome or Edge.',
    ];
  }
  if (name === 'Safari') return ['Close other tabs that use the GPU, and start Safari anew.', 'Or open this page in Chrome or Edge.'];
  if (name !== 'Chrome' && name !== 'Edge') return ['Update the graphics driver.', `Or open this page in another browser: ${WHERE}.`];
  const flags = flagsOf(name);
  return [
    `Open ${flags.replace('flags', 'settings/system')}, switch on graphics acceleration, and start ${name} anew.`,
    ...(linux
      ? [
          `On Linux, open ${flags}#enable-unsafe-webgpu and ${flags}#enable-vulkan, choose Enabled for both, and start ${name} anew.`,
          'Install a Vulkan driver (mesa-vulkan-drivers, or NVIDIA’s own): vulkaninfo --summary must list the GPU.',
        ]
      : ['Update the graphics driver.']),
    `${flags.replace('flags', 'gpu')} says which GPU was found and whether it is on a blocklist.`,
  ];
}

interface Browser {
  readonly name: 'Chrome' | 'Edge' | 'Firefox' | 'Safari' | 'This browser';
  readonly version: number;
}

export function browserOf(userAgent: string): Browser {
  // The order matters: Edge calls itself Chrome as well, and Chrome Safari. On iOS every browser is Safari underneath.
  const patterns = [
    ['Safari', /(?:iPhone|iPad).*Version\/(\d+)|(?:iPhone|iPad) OS|CPU OS (\d+)/],
    ['Edge', /Edg(?:A|iOS)?\/(\d+)/],
    ['Firefox', /Firefox\/(\d+)/],
    ['Chrome', /Chrom(?:e|ium)\/(\d+)/],
    ['Safari', /Version\/(\d+).*Safari/],
  ] as const;
  for (const [name, pattern] of patterns) {
    const match = pattern.exec(userAgent);
    if (match) return { name, version: Number(match[1] ?? 0) };
  }
  return { name: 'This browser', version: 0 };
}

const flagsOf = (name: string) => (name === 'Edge' ? 'edge://flags' : 'chrome://flags');

/** `:8080`, or nothing for the usual port. */
function portOf(address: string): string {
  const { port } = new URL(address);
  return port && `:${port}`;
}
