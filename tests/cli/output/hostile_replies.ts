/** Fields of the replies of a server. */
import {
  answering,
  COMPLETED,
  eventStream,
  type Field,
  latin,
  rawAnswer,
  respondAt,
} from "./hostile_fields.ts";

export const REPLIES: readonly Field[] = [
  {
    name: "the text of an answer",
    isText: true,
    set: (text, stack) =>
      respondAt(
        answering(stack, () => eventStream([{ type: "response.output_text.delta", delta: text }, COMPLETED])),
      ),
  },
  {
    name: "the message, code and type of an error reply",
    set: (text, stack) =>
      respondAt(
        answering(stack, () =>
          Response.json({ error: { message: text, code: text, type: text, param: text } }, { status: 400 })),
      ),
  },
  {
    name: "the body of an error reply that is not JSON",
    set: (text, stack) => respondAt(answering(stack, () => new Response(text, { status: 400 }))),
  },
  {
    name: "the title of a web page",
    set: (text, stack) =>
      respondAt(
        answering(stack, () =>
          new Response(`<html><head><title>${text}</title></head><body>${text}`, {
            status: 403,
            headers: { "content-type": "text/html" },
          })),
      ),
  },
  {
    name: "the error of a 401 and its evidence",
    set: (text, stack) =>
      respondAt(answering(stack, () => {
        const inner = btoa(JSON.stringify({ error: { code: latin(text).toBase64(), message: "x" } }));
        return Response.json({ error: { message: text, code: text } }, {
          status: 401,
          headers: { "x-error-json": inner, "x-request-id": encodeURI(text.toWellFormed()) },
        });
      })),
  },
  {
    name: "a usage limit",
    set: (text, stack) =>
      respondAt(answering(stack, () =>
        Response.json({
          error: { type: "usage_limit_reached", plan_type: text, promo_message: text, resets_at: text },
        }, { status: 429 }))),
  },
  {
    name: "a failed response, the name of its model and a refusal",
    set: (text, stack) =>
      respondAt(answering(stack, () =>
        eventStream([
          {
            type: "response.created",
            response: { id: text, model: text, headers: { "openai-model": text } },
          },
          {
            type: "codex.rate_limits",
            metered_limit_name: text,
            credits: { has_credits: true, balance: text },
          },
          { type: "response.failed", response: { id: text, error: { code: text, message: text } } },
        ]))),
  },
  {
    name: "the name of a tool",
    set: (text, stack) =>
      respondAt(answering(stack, () =>
        eventStream([
          {
            type: "response.output_item.done",
            item: { type: "function_call", name: text, arguments: text, call_id: text },
          },
          COMPLETED,
        ]))),
  },
  {
    name: "the status line of the server",
    set: async (text, stack) =>
      respondAt(await rawAnswer(stack, `HTTP/1.1 400 ${text}\r\n`, "content-length: 2\r\n\r\nno")),
  },
  {
    name: "headers of the server",
    set: async (text, stack) => {
      const names = [
        "x-request-id",
        "cf-ray",
        "via",
        "server",
        "retry-after",
        "www-authenticate",
        "location",
      ];
      const lines = [
        ...names,
        "openai-model",
        "x-models-etag",
        "x-codex-primary-used-percent",
        "content-type",
      ]
        .map((name) => `${name}: ${text.replaceAll(/[\r\n]+/g, " ")}\r\n`);
      return respondAt(
        await rawAnswer(stack, "HTTP/1.1 429 Slow\r\n", ...lines, "content-length: 4\r\n\r\nslow"),
      );
    },
  },
  {
    name: "the names of models in the list that the doctor reads",
    runs: 8,
    set: (text, stack) => {
      const server = answering(stack, () => Response.json({ data: [{ id: text }, { id: `${text}2` }] }));
      return { args: ["doctor", `http://localhost:${server.port}/v1`, "-v"] };
    },
  },
];
