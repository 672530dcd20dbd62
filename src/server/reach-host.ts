import type { ServerEnd, ServerOptions } from './connect-options.ts';
import { parseHostAddress, type HostAddress } from './host-address.ts';
import { openTunnel } from './ssh/tunnel.ts';

/** The way to one host: itself, or the near end of a tunnel. */
export interface HostReach {
  /** Where to connect. */
  readonly near: HostAddress;
  /** Who answers there: what a certificate is compared with. */
  readonly far: HostAddress;
  /** Why the connection failed, where the way knows better than the driver. */
  explain(thrown: unknown): unknown;
  /** Every connection that goes this way is made. */
  seal(): void;
  close(): void;
}

export async function reachHost(
  host: string,
  { ssh }: ServerOptions,
  context: { readonly end: ServerEnd; readonly signal: AbortSignal | undefined },
): Promise<HostReach> {
  const far = parseHostAddress(host);
  if (ssh === undefined) {
    return { near: far, far, explain: (thrown) => thrown, seal: nothing, close: nothing };
  }
  const tunnel = await openTunnel(ssh, far, context);
  return {
    near: tunnel.address,
    far,
    explain: (thrown) => tunnel.fault ?? thrown,
    seal: () => {
      tunnel.seal();
    },
    close: () => {
      tunnel.close();
    },
  };
}

function nothing(): void {
  // A direct way has no end of its own.
}
