/**
 * The realtime side of the simulated API: websockets and calls.
 *
 * @module
 */
import type { UpgradeOffer } from "../../net/server/served_websocket.ts";
import { refuseUpgrade } from "../api/api_websocket.ts";
import type { Json } from "../api/scenario.ts";
import type { RealtimeScenario, RealtimeSessionLog, SimulatedRealtime } from "./realtime_scenario.ts";
import { RealtimeSession } from "./realtime_session.ts";

/** See the module. */
export class RealtimeServer implements SimulatedRealtime {
  readonly #sessions: RealtimeSessionLog[] = [];
  readonly #scenarios: RealtimeScenario[] = [];

  get sessions(): readonly RealtimeSessionLog[] {
    return this.#sessions;
  }

  enqueue(...scenarios: readonly RealtimeScenario[]): void {
    this.#scenarios.push(...scenarios);
  }

  /** Tells whether a path is that of the websocket. */
  serves(path: string): boolean {
    return path.endsWith("/realtime");
  }

  /** Accepts an upgrade whose credential was checked, and serves the session. */
  async upgrade(
    request: Request,
    offer: UpgradeOffer,
    headers: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { pathname, search, searchParams } = new URL(request.url);
    const intent = searchParams.get("intent");
    const model = searchParams.get("model");
    if (intent === null && model === null) {
      return refuseUpgrade(offer, {
        status: 400,
        body: { error: { message: "You must provide a model parameter.", type: "invalid_request_error" } },
      });
    }
    const socket = await offer.accept(headers);
    const frames: Json[] = [];
    const session = new RealtimeSession(socket, {
      type: intent === "transcription" ? "transcription" : "realtime",
      model: model ?? "gpt-realtime-1.5",
      scenario: this.#scenarios.shift() ?? {},
      record: (frame) => frames.push(frame),
    });
    const { input } = session;
    this.#sessions.push({
      path: pathname,
      search,
      headers: Object.fromEntries(request.headers),
      frames,
      get samples() {
        return input.samples;
      },
      get appends() {
        return input.appends;
      },
      get level() {
        return input.level;
      },
      get samplesBeforeText() {
        return input.samplesBeforeText;
      },
      transcripts: input.transcripts,
      closed: socket.closed,
    });
    await session.serve();
  }
}
