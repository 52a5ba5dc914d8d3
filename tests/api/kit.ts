/** A scripted server, and a connection to it without TLS, login and configuration. */
import type { Settings } from "../../lib/config/settings.ts";
import type { Provider } from "../../lib/config/provider.ts";
import type { ApiConnection } from "../../lib/api/send_request.ts";
import type { Authenticator } from "../../lib/auth/authenticator.ts";
import type { World } from "../../lib/world/world.ts";
import { type Observation, observerOf } from "../../lib/net/observer.ts";
import {
  DIALER,
  type Handler,
  hastyWorld,
  provider,
  scriptedServer,
  type SeenRequest,
  tokens,
} from "../responses/kit.ts";

/** A server and a connection to it. */
export interface ApiRig extends AsyncDisposable {
  readonly connection: ApiConnection;
  readonly seen: readonly SeenRequest[];
  readonly observed: readonly Observation[];
  /** Requested pauses, ms. */
  readonly slept: readonly number[];
}

/** Starts a server that returns these answers in order. */
export function apiRig(
  handlers: readonly Handler[],
  over: {
    readonly provider?: Partial<Provider>;
    readonly authenticator?: Authenticator;
    readonly settings?: Partial<Settings>;
    /** Wall clock, ms since 1970. Default: the real one. */
    readonly now?: () => number;
  } = {},
): ApiRig {
  const server = scriptedServer(...handlers);
  const hasty = hastyWorld();
  // Pauses between retries take no time; time limits take their real time.
  const sleep: World["sleep"] = (ms, signal) =>
    ms < 10_000 ? hasty.sleep(ms, signal) : new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms);
      signal?.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(signal.reason);
      }, { once: true });
    });
  const world = { ...hasty, sleep, ...(over.now === undefined ? {} : { now: over.now }) };
  const observed: Observation[] = [];
  const settings = {
    codexHome: "/nowhere",
    model: "gpt-test",
    provider: provider(server.url, over.provider),
    transport: "auto",
    warnings: [],
    notes: [],
    sources: {},
    ...over.settings,
  } as const;
  return {
    connection: {
      settings,
      dialer: DIALER,
      authenticator: over.authenticator ?? tokens("apikey", "sk-test-0123456789"),
      world,
      observer: observerOf((one) => observed.push(one)),
    },
    seen: server.seen,
    observed,
    slept: hasty.slept,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
