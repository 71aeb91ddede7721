/** Returns whether a host name or an address is this machine, as a URL writes it or without brackets. */
export const isLoopback = ({ hostname }: { hostname: string }): boolean =>
  ['127.0.0.1', 'localhost', '[::1]', '::1'].includes(hostname)
