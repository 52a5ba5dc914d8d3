/** A session for benchmarks: the real dialer, an API key, no retries. */
import type { Provider } from "../../lib/config/provider.ts";
import type { Observer } from "../../lib/net/observer.ts";
import type { Dialer } from "../../lib/net/dialer/dialer.ts";
import type { StartInferenceTrace } from "../../lib/responses/request/inference_trace.ts";
import { Session } from "../../lib/responses/turn/session.ts";
import type { World } from "../../lib/world/world.ts";

export interface BenchSession {
  readonly dialer: Dialer;
  readonly world: World;
  readonly baseUrl: string;
  readonly provider?: Partial<Provider>;
  readonly transport?: "sse" | "ws";
  readonly observer?: Observer;
  readonly startInferenceTrace?: StartInferenceTrace;
}

export function benchSession(
  { dialer, world, baseUrl, observer, provider, startInferenceTrace, transport = "sse" }: BenchSession,
): Session {
  return new Session({
    dialer,
    world,
    transport,
    ...(observer === undefined ? {} : { observer }),
    ...(startInferenceTrace === undefined ? {} : { startInferenceTrace }),
    authenticator: {
      authorize: () =>
        Promise.resolve({
          mode: "apikey",
          source: { kind: "env", name: "BENCH" },
          headers: { authorization: "Bearer k" },
        }),
      startTurn: () => ({ recover: () => Promise.reject(new Error("No 401 is expected here")) }),
    },
    provider: {
      id: "bench",
      name: "Bench",
      baseUrl,
      queryParams: {},
      headers: {},
      requestMaxRetries: 0,
      streamMaxRetries: 0,
      streamIdleTimeoutMs: 60_000,
      websocketConnectTimeoutMs: 10_000,
      requiresOpenAiAuth: false,
      supportsWebsockets: true,
      ...provider,
    },
  });
}

/** Reads one turn in batches and counts its events. */
export async function countEvents(session: Session, model = "bench"): Promise<number> {
  let events = 0;
  for await (const batch of session.turn({ model, input: [] }).batches()) {
    for (const { event, text } of batch) {
      if (text !== undefined) events++;
      else if (event.type === "culvert.result" && event.status !== "completed") {
        throw new Error(`The turn ended ${event.status}: ${event.error?.message}`);
      }
    }
  }
  return events;
}
