/** Answers of status 200 whose content type and content disagree, as proxies and gateways send them. */
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";

const PAGE = "<!DOCTYPE html><html><head><title>Guest login</title></head></html>";
const ERROR = JSON.stringify({ error: { message: "the upstream pool is empty" } });
const STREAM = [
  { type: "response.created", response: { id: "r" } },
  { type: "response.output_text.delta", item_id: "m", output_index: 0, content_index: 0, delta: "whole" },
  { type: "response.completed", response: { id: "r", usage: null } },
].map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");

/** Runs one turn against a server that gives every request the same answer. */
async function respondTo(body: string, type: string) {
  let requests = 0;
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => {
    requests++;
    return new Response(new TextEncoder().encode(body), {
      headers: type === "" ? {} : { "content-type": type },
    });
  });
  const config =
    `{ name = "g", base_url = "http://127.0.0.1:${server.addr.port}/v1", stream_max_retries = 1 }`;
  const run = await culvert(["respond", "-C", `model_providers.g=${config}`, "--provider", "g", "hi"]);
  return { ...run, requests };
}

for (const type of ["text/event-stream", "", "application/json"]) {
  const labelled = type === "" ? "without a content type" : `labelled ${type}`;
  Deno.test(`a web page ${labelled} is named by its title and requested once`, async () => {
    const { code, requests, stderr } = await respondTo(`: keep-alive\n\n${PAGE}`, type);

    assertEquals([code, requests], [5, 1], stderr);
    assertIncludes(stderr, 'a web page "Guest login" came instead of an API reply');
  });

  Deno.test(`an event stream ${labelled} is read`, async () => {
    const { code, stdout, stderr } = await respondTo(STREAM, type);

    assertEquals([code, stdout], [0, "whole\n"], stderr);
  });
}

Deno.test("after a redirect to a page of another host, the requested host is named and is to be allowed", async () => {
  await using filter = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => new Response(PAGE, { headers: { "content-type": "text/html" } }),
  );
  const page = `http://127.0.0.1:${filter.addr.port}/blocked`;
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => new Response(null, { status: 302, headers: { location: page } }),
  );
  const origin = `127.0.0.1:${server.addr.port}`;
  const { code, stderr } = await culvert([
    "respond",
    "--base-url",
    `http://${origin}/v1`,
    "--transport",
    "sse",
    "hi",
  ]);

  assertEquals(code, 5);
  assertIncludes(
    stderr,
    `POST http://${origin}/v1/responses, redirected to ${page}, was answered 200: a web page`,
  );
  assertIncludes(stderr, `allow requests to ${origin}.`);
});

for (const [type, expected] of [["text/event-stream", 2], ["application/json", 1]] as const) {
  Deno.test(`a JSON error labelled ${type} is reported in the words of the server after ${expected} requests`, async () => {
    const { code, requests, stderr } = await respondTo(ERROR, type);

    assertEquals([code, requests], [8, expected], stderr);
    assertIncludes(stderr, "was answered 200: the upstream pool is empty");
    assertExcludes(stderr, "does not stream");
  });
}
