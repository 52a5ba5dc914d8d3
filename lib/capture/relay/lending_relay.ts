/**
 * A server on loopback that lends the trust, the route and the credential of this program to any client with a base
 * URL. It serves the paths below `/v1`, and forwards them to the provider of the connection.
 *
 * @module
 */
import { Hono } from "hono";
import type { TapFactory } from "../../net/exchange_tap.ts";
import { dialerUpstream } from "../../net/server/forward/upstream.ts";
import {
  type RelayRequest,
  type RelayResult,
  type RelayServer,
  startRelayServer,
} from "../../net/server/relay_server.ts";
import type { Connection } from "../../connect/connect.ts";
import { lendCredential, type LendingEvents } from "./lent_credential.ts";
import { relayFailureResponse, RelayRefusal } from "./relay_error.ts";
import { carriesToken, refuseWebPages } from "./relay_guard.ts";
import { belowMount } from "./relay_path.ts";

/** What to lend, and to whom. */
export interface LendingOptions extends LendingEvents {
  readonly connection: Pick<Connection, "authenticator" | "dialer" | "settings">;
  /** The bearer that clients must present. Absent: none is required. */
  readonly localToken?: string;
  /** Enables `POST /shutdown` with this bearer. */
  readonly shutdown?: { readonly token: string; readonly run: () => void };
  /** Answers upgrades with 426, so that clients use HTTP. */
  readonly refusesWebSockets?: boolean;
  readonly tap?: TapFactory;
  readonly finished?: (result: RelayResult) => void;
  /** Default 0: the system chooses. */
  readonly port?: number;
}

/**
 * Starts the server.
 *
 * @throws the error of the system if it cannot listen
 */
export async function startLendingRelay(options: LendingOptions): Promise<RelayServer> {
  const { connection, localToken, shutdown, refusesWebSockets, tap, finished, port } = options;
  const app = ownRoutes(shutdown);
  let listeningOn = 0;
  const server = await startRelayServer({
    upstream: dialerUpstream(connection.dialer),
    handle: (request) => app.fetch(request),
    refuse: (error) => relayFailureResponse(error),
    decide: async (request, signal) => {
      refuseWebPages(request, listeningOn);
      const mounted = belowMount(request.path, "/v1");
      if (mounted === undefined) return undefined;
      if (localToken !== undefined) await requireToken(request, localToken);
      if (request.isUpgrade && refusesWebSockets === true) {
        throw new RelayRefusal(426, "no_websocket", "Websockets are disabled (--no-websocket); use HTTP");
      }
      return await lendCredential(request, mounted, connection, options, signal);
    },
    ...(tap === undefined ? {} : { tap }),
    ...(finished === undefined ? {} : { finished }),
    ...(port === undefined ? {} : { port }),
  });
  listeningOn = server.port;
  return server;
}

async function requireToken({ rawHeaders }: RelayRequest, token: string): Promise<void> {
  if (await carriesToken(rawHeaders, token)) return;
  throw new RelayRefusal(
    401,
    "local_auth",
    "This server requires the bearer token that culvert printed when it started",
  );
}

/** Builds the routes that the server answers itself. */
function ownRoutes(shutdown: LendingOptions["shutdown"]): Hono {
  const app = new Hono();
  app.get("/healthz", (context) => context.json({ status: "ok" }));
  if (shutdown !== undefined) {
    app.post("/shutdown", async (context) => {
      const rawHeaders = ["authorization", context.req.header("authorization") ?? ""];
      if (!await carriesToken(rawHeaders, shutdown.token)) {
        return relayFailureResponse(
          new RelayRefusal(401, "shutdown_token", "The shutdown token is missing or wrong"),
        );
      }
      // After the answer: the server stops accepting requests at once.
      queueMicrotask(shutdown.run);
      return context.json({ status: "stopping" });
    });
  }
  app.notFound((context) =>
    relayFailureResponse(
      new RelayRefusal(
        404,
        "unknown_path",
        `${context.req.method} ${context.req.path} is not relayed; this server relays the paths below /v1/`,
      ),
    )
  );
  return app;
}
