import { startCollector } from "../../observe/otlp/collector.ts";
import { recordSession } from "../../capture/record/sample_capture.ts";
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { bench } from "../respond/kit.ts";

for (
  const [env, problem] of [
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:4317" },
      "OTEL_EXPORTER_OTLP_ENDPOINT: the address is not an http or https URL",
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:4317", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" },
      "OTEL_EXPORTER_OTLP_PROTOCOL: grpc is not supported",
    ],
    [
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:4318",
        OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: "a.pem",
        OTEL_EXPORTER_OTLP_CLIENT_KEY: "a.pem",
      },
      "OTEL_EXPORTER_OTLP_ENDPOINT: the address must be an https URL",
    ],
  ] as const
) {
  Deno.test(`a turn succeeds and warns once where a variable is meant for other programs: ${problem}`, async () => {
    await using b = await bench();
    const run = await b.respond(["hi"], { env });
    assertEquals(run.code, 0, run.stderr);
    assertEquals(run.stderr.match(/warning:/g)?.length, 1, run.stderr);
    assertIncludes(run.stderr, problem);
  });
}

Deno.test("a variable that is wrong for all signals is reported once, and the other parts of the variables are used", async () => {
  await using collector = startCollector();
  await using b = await bench();
  const run = await b.respond(["hi"], {
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.port}/base/?tenant=one`,
      OTEL_EXPORTER_OTLP_HEADERS: "x-tenant=two,bad name=1,alone",
      OTEL_EXPORTER_OTLP_COMPRESSION: "zstd",
      OTEL_TRACES_EXPORTER: "console, otlp",
    },
  });
  assertEquals(run.code, 0, run.stderr);
  assertEquals(run.stderr.match(/warning:/g)?.length, 4, run.stderr);
  assertEquals(collector.requests.map(({ path }) => path).sort(), [
    "/base/v1/logs",
    "/base/v1/metrics",
    "/base/v1/traces",
  ]);
  assertEquals(new Set(collector.requests.map(({ query }) => query)), new Set(["?tenant=one"]));
  assertEquals(new Set(collector.requests.map(({ headers }) => headers.get("x-tenant"))), new Set(["two"]));
});

Deno.test("an unreadable certificate of a collector is reported with the variable that names it", async () => {
  await using b = await bench();
  const run = await b.respond(["-v", "hi"], {
    env: {
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: "https://127.0.0.1:1/v1/logs",
      OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE: "/nonexistent.pem",
    },
  });
  assertEquals(run.code, 0, run.stderr);
  assertIncludes(run.stderr, "(OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE)");
  assertExcludes(run.stderr, "--ca-cert");
});

Deno.test("a recorded session is not sent, and the exit status says so, if the variables name an unknown protocol or an unreadable certificate", async () => {
  await using recording = await recordSession();
  await recording.recorder.close();
  await using collector = startCollector();
  const address = `http://127.0.0.1:${collector.port}/?tenant=one`;
  const to = ["export", recording.directory, "--to", "otlp", address];
  const grpc = await culvert(to, { env: { OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: "grpc" } });
  assertEquals(grpc.code, 2, grpc.stderr);
  assertIncludes(grpc.stderr, "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: grpc is not supported");
  const certificate = await culvert(to, { env: { OTEL_EXPORTER_OTLP_CERTIFICATE: "/nonexistent.pem" } });
  assertEquals(certificate.code, 3, certificate.stderr);
  assertIncludes(certificate.stderr, "(OTEL_EXPORTER_OTLP_CERTIFICATE)");
  assertEquals(collector.requests.length, 0);
  assertEquals((await culvert(to)).code, 0);
  assertEquals(
    new Set(collector.requests.map(({ path, query }) => path + query)),
    new Set(["/v1/traces?tenant=one", "/v1/logs?tenant=one"]),
  );
});
