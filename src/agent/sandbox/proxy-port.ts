/** Where programs in a sandbox find the proxy, on a loopback of their own. */
export const PROXY_PORT = 3128;
