// What a person without WebGPU is told, by browser.
import { expect, test } from 'vitest';
import { browserOf, webgpuAdvice } from '../../runtime/browser/webgpu-advice.ts';

const agents = {
  chromeLinux: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  edge: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0',
  oldChrome: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/100.0.0.0 Safari/537.36',
  firefoxLinux: 'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0',
  safari: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15',
  chromeOnIphone:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/131.0.0.0 Mobile/15E148 Safari/604.1',
};
const advice = (userAgent: string, more: { secure?: boolean; webgpu?: boolean } = {}) => {
  const { title, steps } = webgpuAdvice({ userAgent, secure: true, webgpu: false, address: 'http://192.168.0.7:8080/', ...more });
  return [title, ...steps].join('\n');
};

test('browsers are told apart, also where they bear each other’s names', () => {
  expect(Object.values(agents).map((agent) => browserOf(agent).name)).toEqual(['Chrome', 'Edge', 'Chrome', 'Firefox', 'Safari', 'Safari']);
  expect(browserOf('curl/8').name).toBe('This browser');
});

test('each browser gets its own way', () => {
  expect(advice(agents.chromeLinux)).toContain('chrome://flags#enable-unsafe-webgpu');
  expect(advice(agents.edge)).toContain('edge://settings/system');
  expect(advice(agents.oldChrome)).toContain('version 100');
  expect(advice(agents.firefoxLinux)).toContain('about:config');
  expect(advice(agents.safari)).toContain('Safari 26');
  expect(advice('curl/8')).toContain('Chrome or Edge 113');
});

test('a refused adapter on Linux points at Vulkan, elsewhere at the driver', () => {
  expect(advice(agents.chromeLinux, { webgpu: true })).toContain('#enable-vulkan');
  expect(advice(agents.edge, { webgpu: true })).not.toContain('vulkan');
});

test('plain HTTP is named before anything else', () => {
  const text = advice(agents.firefoxLinux, { secure: false });
  expect(text).toContain('http://localhost:8080');
  expect(text).toContain('ssh -L 8080:localhost:8080');
});
