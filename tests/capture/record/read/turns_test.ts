import { turnsOfExchange } from "../../../../lib/capture/record/read/turns.ts";
import { assertEquals } from "../../../support/assert.ts";

Deno.test("an event whose type is the name of a method of Object does not end a turn", () => {
  const base = { v: 1, id: "x", t_ms: 0, wall_ms: 0, channel: "model" } as const;
  const [turn] = turnsOfExchange({
    id: "x",
    channel: "model",
    interim: [],
    chunks: [],
    messages: [],
    errors: [],
    request: {
      ...base,
      seq: 0,
      kind: "http.request",
      connection: 1,
      method: "POST",
      url: "https://api.example.com/v1/responses",
      http_version: "HTTP/1.1",
      headers: [],
    },
    events: [{
      ...base,
      seq: 1,
      kind: "sse.event",
      index: 0,
      event: "constructor",
      json_type: "constructor",
      offset: 0,
      size: 0,
    }],
  }, () => undefined);
  assertEquals(turn?.outcome, "open");
});
