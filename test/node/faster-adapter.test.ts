import { expect, it } from 'vitest';
import { lavapipeCommand } from '../../runtime/node/faster-adapter.ts';

const release = (id: string, version = '', like = '') => `NAME="Some Linux"\nVERSION_ID="${version}"\nID=${id}\nID_LIKE="${like}"\n`;

it.each([
  ['Debian 13', release('debian', '13'), 'sudo apt-get update && sudo apt-get install mesa-vulkan-drivers'],
  ['Ubuntu', release('ubuntu', '24.04', 'debian'), 'sudo apt-get update && sudo apt-get install mesa-vulkan-drivers'],
  ['Mint', release('linuxmint', '22', 'ubuntu debian'), 'sudo apt-get update && sudo apt-get install mesa-vulkan-drivers'],
  ['Fedora', release('fedora', '42'), 'sudo dnf install mesa-vulkan-drivers'],
  ['Rocky', release('rocky', '9.5', 'rhel centos fedora'), 'sudo dnf install mesa-vulkan-drivers'],
  ['Arch', release('arch'), 'sudo pacman -S vulkan-swrast'],
  ['Manjaro', release('manjaro', '', 'arch'), 'sudo pacman -S vulkan-swrast'],
  ['Alpine', release('alpine', '3.21.0'), 'sudo apk add mesa-vulkan-swrast vulkan-loader'],
  ['openSUSE', release('opensuse-tumbleweed', '20260101', 'opensuse suse'), 'sudo zypper install libvulkan_lvp libvulkan1'],
  ['Debian 11', release('debian', '11'), undefined],
  ['Ubuntu 22.04', release('ubuntu', '22.04', 'debian'), undefined],
  ['an unknown one', release('plan9'), undefined],
  ['one that says nothing', '', undefined],
])('knows the command of %s', (_name, text, command) => {
  expect(lavapipeCommand(text, false)).toBe(command);
});

it('takes Mesa from the backports on Debian 12, and needs no sudo as root', () => {
  expect(lavapipeCommand(release('debian', '12'), true)).toBe(
    'echo "deb $(apt-get indextargets --format \'$(REPO_URI)\' | head -n 1) bookworm-backports main" | tee /etc/apt/sources.list.d/backports.list && apt-get update && apt-get install -t bookworm-backports mesa-vulkan-drivers libvulkan1',
  );
});
