/**
 * The forward proxy of a capture: chosen hosts are intercepted with certificates of a CA made for this run, the
 * others are tunnelled.
 *
 * @module
 */
import type { Dialer } from "../../net/dialer/dialer.ts";
import type { TapFactory } from "../../net/exchange_tap.ts";
import { dialerUpstream } from "../../net/server/forward/upstream.ts";
import { type RunningProxy, startInterceptingProxy } from "../../net/server/proxy/intercepting_proxy.ts";
import type { ProxyEvent, TunnelTapFactory } from "../../net/server/proxy/proxy_events.ts";
import { createInterceptionAuthority } from "../../pki/interception_authority.ts";
import { matchesHost } from "../relay/channels.ts";
import { randomToken } from "../relay/relay_guard.ts";

/** How to capture. */
export interface ForwardCaptureOptions {
  readonly dialer: Pick<Dialer, "connect">;
  /** Hosts to intercept, see {@link matchesHost}. Empty: every connection is tunnelled. */
  readonly hosts: readonly string[];
  readonly tap?: TapFactory;
  readonly tunnel?: TunnelTapFactory;
  readonly observe: (event: ProxyEvent) => void;
}

/** A forward proxy for one program. */
export interface ForwardCapture extends RunningProxy {
  /** For `HTTPS_PROXY`. It holds a password, since every user of the machine can connect to the port. */
  readonly proxyUrl: string;
  readonly password: string;
  /** Certificate of the CA, PEM; absent where nothing is intercepted. Its key is in memory only. */
  readonly authority?: string;
}

/**
 * Starts the proxy on 127.0.0.1.
 *
 * @throws the error of the system if it cannot listen
 */
export async function startForwardCapture(options: ForwardCaptureOptions): Promise<ForwardCapture> {
  const { dialer, hosts, tap, tunnel, observe } = options;
  const authority = hosts.length === 0
    ? undefined
    : await createInterceptionAuthority("Culvert capture (only for this run)");
  // User names of proxies are masked in messages. This one is too short for that, so it hides no word of a message.
  const credentials = { username: "run", password: randomToken() };
  const proxy = await startInterceptingProxy({
    upstream: dialerUpstream(dialer),
    credentials,
    observe,
    ...(authority === undefined
      ? {}
      : { interception: { issue: authority.issue, intercepts: (host) => matchesHost(hosts, host) } }),
    ...(tap === undefined ? {} : { tap }),
    ...(tunnel === undefined ? {} : { tunnel }),
  });
  return {
    ...proxy,
    password: credentials.password,
    proxyUrl: `http://${credentials.username}:${credentials.password}@127.0.0.1:${proxy.port}`,
    ...(authority === undefined ? {} : { authority: authority.certificate }),
  };
}
