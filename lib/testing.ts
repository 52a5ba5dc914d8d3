/**
 * A simulated Responses API, and a simulated corporate network in front of it, on loopback, for the tests of
 * programs that embed culvert. TLS, proxy and interception are real; certificates are issued at the start,
 * ports are chosen by the system, and nothing leaves the machine.
 *
 * - {@link startMockApi}: starts the API alone, over TLS with its own CA.
 * - {@link startNetwork}: starts the API behind a proxy that intercepts TLS.
 *
 * @example Test your own program
 * ```ts
 * import { rejects as assertRejects, strictEqual as assertEquals } from "node:assert";
 * import { type Client, createClient } from "@culvert/culvert";
 * import { rateLimited, startNetwork } from "@culvert/culvert/testing";
 *
 * // The program.
 * async function summarize(client: Client, text: string): Promise<string> {
 *   return await client.turn({ instructions: "Summarize in one sentence.", input: text }).text();
 * }
 *
 * // Its test.
 * await using network = await startNetwork();
 * using client = await createClient({}, network.world);
 *
 * network.api.enqueue({ text: "It is short." });
 * assertEquals(await summarize(client, "A long text"), "It is short.");
 * assertEquals(network.api.log.turns[0]?.json?.["instructions"], "Summarize in one sentence.");
 *
 * // A turn does not wait for an hour.
 * network.api.enqueue({ refusal: rateLimited(3_600) });
 * await assertRejects(summarize(client, "Another"), { code: "rate_limited" });
 * ```
 *
 * @example Test a server that cuts the stream, without a proxy
 * ```ts
 * import { strictEqual as assertEquals } from "node:assert";
 * import { createClient } from "@culvert/culvert";
 * import { startMockApi } from "@culvert/culvert/testing";
 *
 * await using api = await startMockApi({ plain: true });
 * api.enqueue({ ending: { kind: "cut", afterDeltas: 1 } }, { text: "Whole" });
 *
 * const env = () => undefined; // hides the environment of this machine
 * using client = await createClient({ baseUrl: api.baseUrl, apiKey: "sk-any" }, { env });
 * // The request was sent again, and the partial first answer was discarded.
 * assertEquals(await client.turn({ input: "hi" }).text(), "Whole");
 * ```
 *
 * @module
 */
export { type MockApi, type MockApiOptions, startMockApi } from "./mock/api/api.ts";
export { type Network, type NetworkOptions, startNetwork } from "./mock/network.ts";
export type { Ending, HandshakeScenario, Json, Refusal, Scenario } from "./mock/api/scenario.ts";
export type { MockFile } from "./mock/endpoints/backend_files.ts";
export type { EndpointFault } from "./mock/endpoints/faults.ts";
export type { RecordedRequest, RequestLog } from "./mock/api/request_log.ts";
export {
  captivePortal,
  edgeBlocked,
  modelNotFound,
  overloaded,
  rateLimited,
  serverError,
  unauthorized,
  usageLimitReached,
} from "./mock/api/refusals.ts";
export type { MockAccount } from "./mock/oauth/tokens.ts";
export type { AgentRequest, MockAgents } from "./mock/oauth/agents.ts";
export type { OAuthServer, OAuthServerOptions, TokenRequest, TokenSet } from "./mock/oauth/oauth.ts";
export {
  type Authority,
  type AuthorityRequest,
  type CertificateRequest,
  createAuthority,
  type KeyPairPem,
  type KeyType,
  type SignatureHash,
} from "./pki/pki.ts";
export type { ConnectAction, ProxyBehavior, ProxyEvent } from "./net/server/proxy/intercepting_proxy.ts";
export type { ForwardPolicy } from "./net/server/forward/forwarding.ts";
export type { Environment } from "./world/world.ts";
export type { CertificateFields } from "./pki/certificate_fields.ts";
export type {
  RealtimeScenario,
  RealtimeSessionLog,
  SimulatedCall,
  SimulatedRealtime,
} from "./mock/realtime/realtime_scenario.ts";
