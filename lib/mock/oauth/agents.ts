/**
 * The part of the simulated authority that registers agents: it checks who asks, keeps their keys, and knows later
 * whether an assertion was signed with one of them.
 *
 * @module
 */
import { Hono } from "hono";
import type { Refusal } from "../api/scenario.ts";

/** One request of an agent as it was seen. */
export interface AgentRequest {
  /** What was asked for. */
  readonly kind: "agent" | "task";
  /** Of the answer. */
  readonly status: number;
  /** The body, where it was JSON. */
  readonly fields: Readonly<Record<string, unknown>>;
}

interface Agent {
  readonly key: CryptoKey;
  readonly tasks: Set<string>;
}

/** The agents it knows. */
export class MockAgents {
  /** Every request so far. */
  readonly requests: AgentRequest[] = [];
  readonly #accepts: (token: string) => boolean;
  readonly #agents = new Map<string, Agent>();
  readonly #faults: Refusal[] = [];
  readonly #taskFaults: Refusal[] = [];

  /**
   * Starts without any agent.
   *
   * @param accepts whether a bearer token may register agents
   */
  constructor(accepts: (token: string) => boolean) {
    this.#accepts = accepts;
  }

  /** The next requests are answered so instead. */
  failNext(...refusals: readonly Refusal[]): void {
    this.#faults.push(...refusals);
  }

  /** The next requests for a task are answered so instead. */
  failTasks(...refusals: readonly Refusal[]): void {
    this.#taskFaults.push(...refusals);
  }

  /** From now on no assertion of any agent that is known is accepted. */
  dismissAll(): void {
    this.#agents.clear();
  }

  /** Whether an `Authorization` header holds an assertion of an agent that is known, for a task of its own. */
  async accepts(header: string): Promise<boolean> {
    const blob = /^AgentAssertion ([\w-]+)$/.exec(header)?.[1];
    if (blob === undefined) return false;
    const said = fieldsOf(atob(blob.replaceAll("-", "+").replaceAll("_", "/")));
    const { agent_runtime_id: id, task_id: task, timestamp, signature } = said;
    const agent = this.#agents.get(String(id));
    if (agent?.tasks.has(String(task)) !== true) return false;
    return await isSigned(agent.key, String(signature), `${id}:${task}:${timestamp}`);
  }

  /**
   * The routes, for mounting below `/v1/agent` of the authority.
   *
   * @ignore The simulated API has done so already.
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
    const wire = /^ssh-ed25519 ([\w+/=]+)$/.exec(String(publicKey))?.[1];
    if (wire === undefined || !Array.isArray(capabilities)) return refusal(400);
    // The last field of SSH's form is the key itself.
    const raw = bytesOf(wire).slice(-32);
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
  return await crypto.subtle.verify("Ed25519", key, bytesOf(signature), new TextEncoder().encode(text));
}

function refusal(status: number): Response {
  return Response.json({ error: { message: "No agent", code: null } }, { status });
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function fieldsOf(text: string): AgentRequest["fields"] {
  const value: unknown = JSON.parse(text);
  return { ...Object(value) };
}
