/**
 * The reverse relay of a capture: a client whose base URLs point at it keeps its own credentials.
 *
 * @module
 */
import { Hono } from "hono";
import type { Dialer } from "../../net/dialer/dialer.ts";
import type { TapFactory } from "../../net/exchange_tap.ts";
import type { OwnReply } from "../../net/server/forward/forwarding.ts";
import { headerValueOf, replaceHeaders } from "../../net/server/forward/raw_headers.ts";
import { dialerUpstream, hostHeaderOf } from "../../net/server/forward/upstream.ts";
import {
  type RelayForward,
  type RelayRequest,
  type RelayServer,
  startRelayServer,
} from "../../net/server/relay_server.ts";
import { channelIdOf } from "./channels.ts";
import { relayFailure, relayFailureResponse, RelayRefusal } from "./relay_error.ts";
import { refuseWebPages } from "./relay_guard.ts";
import { belowMount, type MountedPath, relayTarget } from "./relay_path.ts";

/** Where the relay leads. */
export interface ReverseRelayOptions {
  readonly dialer: Pick<Dialer, "connect">;
  /**
   * Base URL of the model channels. Absent: chosen for each request by its credential, as the codex client does
   * (0.171.0): the ChatGPT backend for a request that names an account, the platform API for the others.
   */
  readonly modelBase?: string;
  /** Base URL of the backend channels. Default: that of ChatGPT. */
  readonly backendBase?: string;
  /** Answers upgrades with 426, so that clients use HTTP. */
  readonly refusesWebSockets?: boolean;
  readonly tap?: TapFactory;
  /** Called with the answer to a message of a client that is no valid request. */
  readonly refused?: (reply: OwnReply) => void;
  /** Time allowed from a request to the head of its response, ms. Default: 15 minutes; for an upgrade one minute. */
  readonly headTimeoutMs?: number;
}

/** Path of the model channels at the relay. */
export const MODEL_MOUNT = "/v1";
/** Path of the backend channels at the relay. The client chooses other paths for a base without it. */
export const BACKEND_MOUNT = "/backend-api";

const PLATFORM_BASE = "https://api.openai.com/v1";
const CHATGPT_BACKEND = "https://chatgpt.com/backend-api";

/**
 * Starts the relay.
 *
 * @throws the error of the system if it cannot listen
 */
export async function startReverseRelay(options: ReverseRelayOptions): Promise<RelayServer> {
  const { dialer, refusesWebSockets, tap, refused, headTimeoutMs, backendBase = CHATGPT_BACKEND } = options;
  const app = new Hono();
  app.get("/healthz", (context) => context.json({ status: "ok" }));
  app.notFound((context) =>
    relayFailureResponse(
      new RelayRefusal(
        404,
        "unknown_path",
        `${context.req.method} ${context.req.path} belongs to no channel; ` +
          `this relay has ${MODEL_MOUNT}/ and ${BACKEND_MOUNT}/`,
      ),
    )
  );
  let listeningOn = 0;
  const server = await startRelayServer({
    upstream: dialerUpstream(dialer),
    handle: (request) => app.fetch(request),
    refuse: (error) => relayFailureResponse(error),
    decide: (request) => {
      refuseWebPages(request, listeningOn);
      const model = belowMount(request.path, MODEL_MOUNT);
      const backend = model === undefined ? belowMount(request.path, BACKEND_MOUNT) : undefined;
      if (request.isUpgrade && refusesWebSockets === true) {
        throw new RelayRefusal(426, "no_websocket", "Websockets are disabled (--no-websocket); use HTTP");
      }
      if (model !== undefined) {
        return Promise.resolve(forward(request, options.modelBase ?? modelBaseFor(request), model));
      }
      return Promise.resolve(backend === undefined ? undefined : forward(request, backendBase, backend));
    },
    ...(tap === undefined ? {} : { tap }),
    ...(refused === undefined ? {} : { refused }),
    ...(headTimeoutMs === undefined ? {} : { headTimeoutMs }),
  });
  listeningOn = server.port;
  return server;
}

function modelBaseFor({ rawHeaders }: RelayRequest): string {
  const isChatGpt = headerValueOf(rawHeaders, "chatgpt-account-id") !== undefined;
  return isChatGpt ? `${CHATGPT_BACKEND}/codex` : PLATFORM_BASE;
}

function forward(request: RelayRequest, base: string, mounted: MountedPath): RelayForward {
  const { origin, path } = relayTarget(base, mounted);
  return {
    request: { origin, path, rawHeaders: replaceHeaders(request.rawHeaders, { host: hostHeaderOf(origin) }) },
    failure: (error) => relayFailure(error, channelIdOf(`https://${origin.host}${path}`, request.isUpgrade)),
  };
}
