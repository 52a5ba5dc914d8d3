/**
 * Compaction, memories and search of the simulated API.
 *
 * @module
 */
import { Hono } from "hono";
import { identifier } from "../identifier.ts";
import type { Json } from "../api/scenario.ts";
import { authorized, badParameter, type EndpointHost, jsonBody, jsonReply } from "./endpoint.ts";

/** Returns the routes of compaction, memories and search below the base of the model endpoints. */
export function modelCallRoutes(host: EndpointHost): Hono {
  const app = new Hono();
  app.post(
    "/responses/compact",
    authorized(host, async (context) => {
      const body = await jsonBody(context);
      if (typeof body?.["model"] !== "string") return missing("model");
      if (!Array.isArray(body["input"])) return missing("input");
      return jsonReply({ output: compacted(body["input"]) }, { "x-codex-turn-state": identifier("ts") });
    }),
  );
  app.post(
    "/memories/trace_summarize",
    authorized(host, async (context) => {
      const body = await jsonBody(context);
      if (typeof body?.["model"] !== "string") return missing("model");
      const traces = body["traces"];
      if (!Array.isArray(traces)) return missing("traces");
      const at = traces.findIndex((trace) => !isTrace(trace));
      if (at !== -1) return missing(`traces[${at}]`);
      return jsonReply({ output: traces.map(memoryOf) });
    }),
  );
  app.post(
    "/alpha/search",
    authorized(host, async (context) => {
      const body = await jsonBody(context);
      for (const name of ["id", "model"]) if (typeof body?.[name] !== "string") return missing(name);
      return jsonReply(searchReply(body ?? {}));
    }),
  );
  return app;
}

function missing(parameter: string): Response {
  return badParameter(parameter, `Missing required parameter: '${parameter}'.`);
}

/** Keeps the messages of the user and replaces the rest with a compaction item, as the real endpoint does. */
function compacted(input: readonly unknown[]): readonly unknown[] {
  const kept = input.filter((item) => isJson(item) && item["type"] === "message" && item["role"] === "user");
  const summary = `${input.length} items`;
  return [...kept, { id: identifier("cmp"), type: "compaction", encrypted_content: btoa(summary) }];
}

function isTrace(trace: unknown): trace is Json {
  return isJson(trace) && typeof trace["id"] === "string" && Array.isArray(trace["items"]) &&
    isJson(trace["metadata"]) && typeof trace["metadata"]["source_path"] === "string";
}

function memoryOf(trace: unknown): Json {
  const { id, items } = isTrace(trace) ? trace : {};
  const count = Array.isArray(items) ? items.length : 0;
  return {
    trace_summary: `The session ${String(id)} has ${count} items.`,
    memory_summary: "The user prefers short answers.",
  };
}

function searchReply({ commands }: Json): Json {
  const queries = isJson(commands) && Array.isArray(commands["search_query"]) ? commands["search_query"] : [];
  const results = queries.map((query: unknown, index: number) => ({
    type: "text_result",
    ref_id: `turn0search${index}`,
    title: "Culvert",
    url: "https://example.com/culvert",
    snippet: `A result for ${isJson(query) ? String(query["q"]) : ""}.`,
  }));
  const output = results.map(({ ref_id, snippet, title, url }) =>
    `[${ref_id}] ${title} (${url})\n${snippet}`
  );
  return { output: output.join("\n\n") || "No results.", results };
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
