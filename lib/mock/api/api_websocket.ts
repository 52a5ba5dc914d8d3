/**
 * The websocket side of the simulated API: it receives `response.create` frames and sends each event of the
 * response as a frame.
 *
 * @module
 */
import { untilAborted } from "../../async/until_aborted.ts";
import type { ServedWebSocket, UpgradeOffer } from "../../net/server/served_websocket.ts";
import { sleep } from "../../world/sleep.ts";
import { identifier } from "../identifier.ts";
import { responseEvents } from "./response_events.ts";
import type { Ending, HandshakeScenario, Json, Refusal, Scenario } from "./scenario.ts";
import { pause } from "./sse_body.ts";

/** The parts of the API that the socket uses. */
export interface SocketHost {
  readonly nextScenario: (frame: Json) => Scenario;
  /** Called for each text frame, with its JSON if it is an object. */
  readonly record: (text: string, json: Json | undefined, clientGone: AbortSignal) => void;
}

/** Writes a refusal as the answer to an upgrade. */
export function refuseUpgrade(offer: UpgradeOffer, refusal: Refusal): void {
  const isText = typeof refusal.body === "string";
  offer.refuse(
    refusal.status,
    { "content-type": isText ? "text/plain" : "application/json", ...refusal.headers },
    isText ? refusal.body : JSON.stringify(refusal.body),
  );
}

/** Handles an upgrade according to the scenario, and serves the socket to its end. */
export async function serveSocket(
  offer: UpgradeOffer,
  handshake: HandshakeScenario,
  headers: Readonly<Record<string, string>>,
  host: SocketHost,
): Promise<void> {
  if (handshake.kind === "ignore") return;
  if (handshake.kind === "drop") return offer.drop();
  if (handshake.kind === "refuse") return refuseUpgrade(offer, handshake.refusal);
  if (handshake.delayMs !== undefined) await sleep(handshake.delayMs);
  const compresses = handshake.declinesDeflate !== true;
  const socket = await offer.accept({ ...headers, ...handshake.headers }, { compresses });
  const left = new AbortController();
  void socket.closed.then(() => left.abort());
  const known = new Set<string>();
  for await (const text of socket.messages) {
    const json = objectOf(text);
    host.record(text, json, left.signal);
    if (json?.["type"] !== "response.create") continue;
    // A prewarm request uses no scenario of the queue, so that the scenarios of turns do not depend on it.
    const scenario = json["generate"] === false ? {} : host.nextScenario(json);
    const open = await serveResponse(socket, scenario, json, known, left.signal);
    if (!open && handshake.stallClose === true) socket.stall();
  }
}

/** Sends one response; returns whether the socket can still be used. */
async function serveResponse(
  socket: ServedWebSocket,
  scenario: Scenario,
  frame: Json,
  known: Set<string>,
  signal: AbortSignal,
): Promise<boolean> {
  const previous = frame["previous_response_id"];
  if (typeof previous === "string" && !known.has(previous)) {
    return !await socket.send(JSON.stringify(previousNotFound(previous)));
  }
  if (scenario.refusal !== undefined) {
    return !await socket.send(JSON.stringify(errorFrame(scenario.refusal)));
  }
  if (scenario.headDelayMs !== undefined) await pause(scenario.headDelayMs, signal);
  const model = typeof frame["model"] === "string" ? frame["model"] : "gpt-6.1-sol";
  const request = {
    model,
    generate: frame["generate"] !== false,
    now: Date.now(),
    ...(typeof previous === "string" ? { previousResponseId: previous } : {}),
  };
  for (const event of responseEvents(scenario, request)) {
    const type = event["type"];
    if (type === "response.output_text.delta" && scenario.gapMs !== undefined) {
      await pause(scenario.gapMs, signal);
    }
    if (type === "response.completed") remember(event, known);
    const sent = type === "response.created" ? withHeaders(event, scenario, model) : event;
    if (!await socket.send(JSON.stringify(sent))) return false;
    if (type === "response.created") await sendSideEvents(socket, scenario);
  }
  return await finish(socket, scenario.ending ?? { kind: "completed" }, signal);
}

async function finish(socket: ServedWebSocket, ending: Ending, signal: AbortSignal): Promise<boolean> {
  switch (ending.kind) {
    case "cut":
      // The pause lets the frames reach the client before the drop discards them.
      await pause(30, signal);
      socket.drop();
      return false;
    case "eof":
      socket.close(1000, "");
      return false;
    case "close":
      socket.close(ending.code, ending.reason);
      return false;
    case "binary":
      return await socket.send(new Uint8Array([1, 2, 3]));
    case "stall":
      await untilAborted(signal);
      return false;
    case "error":
    case "failed":
      return false;
    case "completed":
    case "incomplete":
      return true;
  }
}

/** Sends as events the facts that HTTP sends in headers. */
async function sendSideEvents(socket: ServedWebSocket, scenario: Scenario): Promise<void> {
  const resetAt = Math.floor(Date.now() / 1000) + 3600;
  const limits = {
    type: "codex.rate_limits",
    plan_type: "plus",
    rate_limits: {
      allowed: true,
      limit_reached: false,
      primary: { used_percent: 12.5, window_minutes: 300, reset_at: resetAt },
      secondary: { used_percent: 3, window_minutes: 10_080, reset_at: resetAt + 82_800 },
    },
    credits: { has_credits: true, unlimited: false, balance: "17.00" },
  };
  await socket.send(JSON.stringify(limits));
  const turnState = scenario.headers?.["x-codex-turn-state"];
  if (turnState === null) return;
  const headers = { "x-codex-turn-state": turnState ?? identifier("ts") };
  await socket.send(JSON.stringify({ type: "response.metadata", headers }));
}

function withHeaders(created: Json, scenario: Scenario, model: string): Json {
  if (scenario.servedModel === null) return created;
  return { ...created, headers: { "openai-model": scenario.servedModel ?? model } };
}

function remember(completed: Json, known: Set<string>): void {
  const response = completed["response"];
  if (typeof response === "object" && response !== null && "id" in response) known.add(String(response.id));
}

/** Returns a refusal as a frame that contains its headers. */
export function errorFrame(refusal: Refusal): Json {
  const body = typeof refusal.body === "string" ? { error: { message: refusal.body } } : refusal.body;
  return { type: "error", status: refusal.status, ...body, headers: refusal.headers ?? {} };
}

function previousNotFound(id: string): Json {
  return {
    type: "error",
    status: 400,
    error: {
      type: "invalid_request_error",
      code: "previous_response_not_found",
      message: `Previous response with id '${id}' not found.`,
      param: "previous_response_id",
    },
  };
}

function objectOf(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    // Text that is not JSON is only logged, because the real server also ignores it.
    return undefined;
  }
}
