import { BlockList, isIP } from 'node:net';
import { PROXY_PORT } from './proxy-port.ts';

/** What programs in a sandbox reach: the hosts of a list, by a proxy of Orch's; all that Orch reaches; nothing. */
export type Network = 'listed' | 'open' | 'none';

/** The variables by which programs find the proxy. */
export function networkEnvironment(
  environment: Record<string, string>,
  network: Network,
): Record<string, string> {
  if (network === 'open') return environment;
  const kept = Object.entries(environment).filter(([name]) => !/^(https?|all|ftp|no)_proxy$/i.test(name));
  if (network === 'none') return Object.fromEntries(kept);
  const proxy = `http://127.0.0.1:${PROXY_PORT}`;
  const around = 'localhost,127.0.0.1,::1';
  return {
    ...Object.fromEntries(kept),
    ...{ http_proxy: proxy, https_proxy: proxy, HTTP_PROXY: proxy, HTTPS_PROXY: proxy },
    ...{ no_proxy: around, NO_PROXY: around, NODE_USE_ENV_PROXY: '1' },
  };
}

// What is nobody's on the internet: this machine, its neighbours, a cloud's metadata service. Of IPv6 only global
// unicast is anybody's, without the ranges that lead back to IPv4 (Teredo, 6to4). RFC 6890.
const INWARD = new BlockList();
for (const network of [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.168.0.0/16', '198.18.0.0/15', '224.0.0.0/3'],
]) {
  const [address = '', bits] = network.split('/');
  INWARD.addSubnet(address, Number(bits), 'ipv4');
}
INWARD.addSubnet('2001::', 32, 'ipv6');
INWARD.addSubnet('2002::', 16, 'ipv6');
const GLOBAL = new BlockList();
GLOBAL.addSubnet('2000::', 3, 'ipv6');

/** Whether an address is on the internet, and not this machine's or a neighbour's. */
export function isPublic(address: string): boolean {
  if (isIP(address) === 4) return !INWARD.check(address, 'ipv4');
  return GLOBAL.check(address, 'ipv6') && !INWARD.check(address, 'ipv6');
}
