/**
 * What a capture saw of a program: by channel and by host.
 *
 * @module
 */
import type { ErrorCode } from "../../errors.ts";
import type { ExchangeTap, TapFactory } from "../../net/exchange_tap.ts";
import type { ProxyEvent } from "../../net/server/proxy/proxy_events.ts";
import { inBrackets } from "../../net/target.ts";
import { channelIdOf, CHANNELS } from "../relay/channels.ts";
import type { CaptureMode } from "./choose_mode.ts";

/** Exchanges of one channel. */
export interface ChannelCount {
  exchanges: number;
  sentBytes: number;
  receivedBytes: number;
}

/** Connections to one host. */
export interface HostCount extends ChannelCount {
  /** Connections whose TLS was intercepted, or requests at the relay. */
  opened: number;
  tunnelled: number;
  /** TLS handshakes that the client ended with an alert, mostly since it does not trust the CA of the capture. */
  refused: number;
  /** TLS handshakes that ended without a word; some clients refuse a certificate like this. */
  abandoned: number;
  /** Connections that could not be made. */
  unreachable: number;
}

/** How far a channel was covered. */
export type ChannelState = "seen" | "configured" | "not coverable";

/** One line of the table of channels. */
export interface ChannelRow extends ChannelCount {
  readonly id: string;
  readonly title: string;
  readonly state: ChannelState;
}

/** Counts what passes. */
export class Coverage {
  readonly #channels = new Map<string, ChannelCount>();
  readonly #hosts = new Map<string, HostCount>();
  readonly #refusals = new Map<string, number>();

  /** Makes the tap of an exchange. It counts bytes of bodies and messages as they stood on the wire. */
  readonly tap: TapFactory = (): ExchangeTap => {
    let channel: ChannelCount = { exchanges: 0, sentBytes: 0, receivedBytes: 0 };
    let host: HostCount | undefined;
    return {
      head: (head) => {
        if (head.direction !== "request" || head.url === undefined) return;
        const isWebSocket = head.rawHeaders.some((text, at) =>
          at % 2 === 0 && text.toLowerCase() === "upgrade" &&
          head.rawHeaders[at + 1]?.toLowerCase() === "websocket"
        );
        channel = this.#channel(channelIdOf(head.url, isWebSocket));
        host = this.#host(new URL(head.url).host);
        channel.exchanges++;
        host.exchanges++;
      },
      bytes: (direction, data) => {
        for (const count of host === undefined ? [channel] : [channel, host]) {
          if (direction === "request") count.sentBytes += data.length;
          else count.receivedBytes += data.length;
        }
      },
      upgrade: () => {},
      end: ({ code }) => {
        if (host !== undefined && code !== undefined && isConnectFailure(code)) host.unreachable++;
      },
    };
  };

  /** Counts an event of the proxy. */
  readonly observe = (event: ProxyEvent): void => {
    switch (event.kind) {
      case "connect": {
        const host = this.#host(hostAndPort(event));
        if (event.action === "intercepted") host.opened++;
        if (event.action === "tunnelled") host.tunnelled++;
        if (event.action === "unreachable") host.unreachable++;
        return;
      }
      case "handshake_failed":
        if (isAlert(event.reason)) this.#host(hostAndPort(event)).refused++;
        else this.#host(hostAndPort(event)).abandoned++;
        return;
      case "tunnel_closed": {
        const host = this.#host(hostAndPort(event));
        host.sentBytes += event.sentBytes;
        host.receivedBytes += event.receivedBytes;
        return;
      }
      case "refused_request":
        this.#refusals.set(event.reason, (this.#refusals.get(event.reason) ?? 0) + 1);
        return;
      case "request":
      case "stray_request":
        return;
    }
  };

  /**
   * Tells whether the program seems not to trust the capture for a host: it refused the certificate, or abandoned two
   * handshakes and never sent a request.
   */
  isRefused(host: string, port: number): boolean {
    const { refused, abandoned, exchanges } = this.#host(hostAndPort({ host, port }));
    return refused > 0 || (abandoned > 1 && exchanges === 0);
  }

  /** Returns the table of channels: those that were seen, and how the others stood. */
  channels(mode: CaptureMode): readonly ChannelRow[] {
    return CHANNELS.map(({ id, title, base }) => {
      const count = this.#channels.get(id) ?? { exchanges: 0, sentBytes: 0, receivedBytes: 0 };
      const isConfigured = mode === "forward" || (mode === "reverse" && base !== "none");
      const state = count.exchanges > 0 ? "seen" : isConfigured ? "configured" : "not coverable";
      return { id, title, state, ...count };
    });
  }

  /** Returns the table of hosts, those with the most bytes first. */
  hosts(): readonly (HostCount & { readonly host: string })[] {
    const total = (count: HostCount) => count.sentBytes + count.receivedBytes;
    return [...this.#hosts].map(([host, count]) => ({ host, ...count })).toSorted((one, other) =>
      total(other) - total(one)
    );
  }

  /** Returns the reasons for which messages were no valid requests, with how often. They are not recorded. */
  refusals(): readonly { readonly reason: string; readonly count: number }[] {
    return [...this.#refusals].map(([reason, count]) => ({ reason, count }));
  }

  #channel(id: string): ChannelCount {
    const count = this.#channels.get(id) ?? { exchanges: 0, sentBytes: 0, receivedBytes: 0 };
    this.#channels.set(id, count);
    return count;
  }

  #host(host: string): HostCount {
    const count = this.#hosts.get(host) ?? {
      ...{ exchanges: 0, sentBytes: 0, receivedBytes: 0 },
      ...{ opened: 0, tunnelled: 0, refused: 0, abandoned: 0, unreachable: 0 },
    };
    this.#hosts.set(host, count);
    return count;
  }
}

/** Makes one tap of several. */
export function combineTaps(...factories: readonly TapFactory[]): TapFactory {
  return (ids) => {
    const taps = factories.map((factory) => factory(ids));
    return {
      head: (head) => taps.forEach((tap) => tap.head(head)),
      bytes: (direction, data, at) => taps.forEach((tap) => tap.bytes(direction, data, at)),
      upgrade: (head) => taps.forEach((tap) => tap.upgrade(head)),
      end: (end) => taps.forEach((tap) => tap.end(end)),
    };
  };
}

/** Whether a request failed since there was no connection to its server. */
function isConnectFailure(code: ErrorCode): boolean {
  return code.startsWith("tls_") ||
    ["dns", "connect", "connect_timeout", "proxy_auth", "proxy_refused"].includes(code);
}

/** Whether the reason of a failed handshake is an alert of the client (RFC 8446 §6). */
function isAlert(reason: string): boolean {
  return /alert/i.test(reason);
}

function hostAndPort({ host, port }: { readonly host: string; readonly port: number }): string {
  return new URL(`https://${inBrackets(host)}:${port}`).host;
}
