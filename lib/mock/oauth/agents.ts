/**
 * Registers agents at the simulated OAuth server: checks the bearer token, stores the public key of each agent, and
 * verifies assertions that are signed with it.
 *
 * @module
 */
import { Hono } from "hono";
import type { Refusal } from "../api/scenario.ts";

/** A recorded request of an agent. */
export interface AgentRequest {
  /** The kind of registration. */
  readonly kind: "agent" | "task";
  /** HTTP status of the reply. */
  readonly status: number;
  /** The fields of the JSON body. */
  readonly fields: Readonly<Record<string, unknown>>;
}

interface Agent {
  readonly key: CryptoKey;
  readonly tasks: Set<string>;
}

/** The registered agents of a simulated OAuth server. */
export class MockAgents {
  /** All requests so far, in order. */
  readonly requests: AgentRequest[] = [];
  readonly #accepts: (token: string) => boolean;
  readonly #agents = new Map<string, Agent>();
  readonly #faults: Refusal[] = [];
  readonly #taskFaults: Refusal[] = [];

  /**
   * Creates a register without agents.
   *
   * @param accepts returns whether a bearer token may register agents
   */
  constructor(accepts: (token: string) => boolean) {
    this.#accepts = accepts;
  }

  /** Queues refusals for the next requests, one each. */
  failNext(...refusals: readonly Refusal[]): void {
    this.#faults.push(...refusals);
  }

  /** Queues refusals for the next requests for a task, one each. */
  failTasks(...refusals: readonly Refusal[]): void {
    this.#taskFaults.push(...refusals);
  }

  /** Removes all agents, so that their assertions are rejected from now on. */
  dismissAll(): void {
    this.#agents.clear();
  }

  /**
   * Returns whether an `Authorization` header contains a valid assertion of a registered agent for one of its
   * tasks.
   */
  async accepts(header: string): Promise<boolean> {
    const blob = /^AgentAssertion ([\w-]+)$/.exec(header)?.[1];
    if (blob === undefined) return false;
    const assertion = fieldsOf(
      new TextDecoder().decode(Uint8Array.fromBase64(blob, { alphabet: "base64url" })),
    );
    const { agent_runtime_id: id, task_id: task, timestamp, signature } = assertion;
    const agent = this.#agents.get(String(id));
    if (agent?.tasks.has(String(task)) !== true) return false;
    return await isSigned(agent.key, String(signature), `${id}:${task}:${timestamp}`);
  }

  /**
   * Returns the routes, to be mounted below `/v1/agent` of the OAuth server.
   *
   * @ignore The simulated API mounts them.
   */
  routes(): Hono {
    const app = new Hono();
    app.post("/register", (context) =>
      this.#answer("agent", context.req.raw, (fields) => {
        const token = /^Bearer (.+)$/.exec(context.req.header("authorization") ?? "")?.[1];
        return token !== undefined && this.#accepts(token) ? this.#register(fields) : refusal(401);
      }));
    app.post(
      "/:id/task/register",
      (context) =>
        this.#answer(
          "task",
          context.req.raw,
          (fields) => this.#registerTask(context.req.param("id"), fields),
        ),
    );
    return app;
  }

  async #answer(
    kind: AgentRequest["kind"],
    request: Request,
    answer: (fields: AgentRequest["fields"]) => Response | Promise<Response>,
  ): Promise<Response> {
    const fields = fieldsOf(await request.text());
    const fault = this.#faults.shift() ?? (kind === "task" ? this.#taskFaults.shift() : undefined);
    const reply = fault === undefined ? await answer(fields) : refusal(fault.status);
    this.requests.push({ kind, status: reply.status, fields });
    return reply;
  }

  async #register({ agent_public_key: publicKey, capabilities }: AgentRequest["fields"]): Promise<Response> {
    const encoded = /^ssh-ed25519 ([\w+/=]+)$/.exec(String(publicKey))?.[1];
    if (encoded === undefined || !Array.isArray(capabilities)) return refusal(400);
    // The key is the last field of the SSH encoding (RFC 8709 §4).
    const raw = Uint8Array.fromBase64(encoded).slice(-32);
    const key = await crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]);
    const id = `agent-${crypto.randomUUID()}`;
    this.#agents.set(id, { key, tasks: new Set() });
    return Response.json({ agent_runtime_id: id });
  }

  async #registerTask(id: string, { timestamp, signature }: AgentRequest["fields"]): Promise<Response> {
    const agent = this.#agents.get(id);
    if (agent === undefined) return refusal(404);
    if (!await isSigned(agent.key, String(signature), `${id}:${timestamp}`)) return refusal(403);
    const task = `task-${crypto.randomUUID()}`;
    agent.tasks.add(task);
    return Response.json({ task_id: task });
  }
}

async function isSigned(key: CryptoKey, signature: string, text: string): Promise<boolean> {
  const bytes = Uint8Array.fromBase64(signature);
  return await crypto.subtle.verify("Ed25519", key, bytes, new TextEncoder().encode(text));
}

function refusal(status: number): Response {
  return Response.json({ error: { message: "No agent", code: null } }, { status });
}

function fieldsOf(text: string): AgentRequest["fields"] {
  const value: unknown = JSON.parse(text);
  return { ...Object(value) };
}
