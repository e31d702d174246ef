// What would bring a faster software adapter to this system, for whoever runs on SwiftShader.
import { readFileSync } from 'node:fs';

/** Mesa's own package of lavapipe, and the Vulkan loader where the package doesn't bring it. */
const packages: Readonly<Record<string, string>> = {
  fedora: 'dnf install mesa-vulkan-drivers',
  rhel: 'dnf install mesa-vulkan-drivers',
  arch: 'pacman -S vulkan-swrast',
  alpine: 'apk add mesa-vulkan-swrast vulkan-loader',
  suse: 'zypper install libvulkan_lvp libvulkan1',
  opensuse: 'zypper install libvulkan_lvp libvulkan1',
  void: 'xbps-install mesa-vulkan-lavapipe vulkan-loader',
};

/**
 * The command that installs lavapipe, of Mesa 24 or newer; undefined where we know of none.
 * @param release the text of /etc/os-release
 */
export function lavapipeCommand(release: string, root: boolean): string | undefined {
  const fields = new Map([...release.matchAll(/^(\w+)=["']?(.*?)["']?$/gm)].map(([, name, value]) => [name, value]));
  const names = [fields.get('ID') ?? '', ...(fields.get('ID_LIKE') ?? '').split(' ')];
  const version = Number(fields.get('VERSION_ID'));
  const sudo = root ? '' : 'sudo ';
  const apt = `${sudo}apt-get update && ${sudo}apt-get install`;
  if (names[0] === 'debian' && version === 12) {
    const backports = `echo "deb $(apt-get indextargets --format '$(REPO_URI)' | head -n 1) bookworm-backports main" | ${sudo}tee /etc/apt/sources.list.d/backports.list`;
    return `${backports} && ${apt} -t bookworm-backports mesa-vulkan-drivers libvulkan1`;
  }
  // Older ones have an older Mesa; relatives number their versions in their own ways.
  if ((names[0] === 'debian' && version < 12) || (names[0] === 'ubuntu' && version < 24)) return undefined;
  if (names.includes('debian') || names.includes('ubuntu')) return `${apt} mesa-vulkan-drivers`;
  const command = names.map((name) => packages[name.split('-')[0] ?? '']).find((found) => found !== undefined);
  return command && sudo + command;
}

/** One line for whoever runs on SwiftShader because there was nothing else. */
export function fasterAdapterAdvice(): string | undefined {
  let release = '';
  try {
    release = readFileSync('/etc/os-release', 'utf8');
  } catch {
    // No Linux that says its name.
  }
  const command = lavapipeCommand(release, process.getuid?.() === 0);
  return command && `A run is several times as fast on Mesa's lavapipe (7 times in our CNN). To install it: ${command}`;
}
