/** `culvert capture` with curl as the program. */
import { assert, assertEquals, assertExcludes, assertIncludes, assertMatch } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { captureScene, CURL_TURN } from "./kit.ts";

Deno.test("forward mode intercepts the provider's host, records the exchange without its secret and counts it", async () => {
  await using scene = await captureScene();
  const run = await scene.capture([], `${CURL_TURN} "$BASE/responses"`);
  assertEquals(run.code, 0, run.stderr);
  assertIncludes(run.stdout, '"type":"response.completed"');
  assertMatch(run.stderr, /model \(SSE\) +1 /);
  assertMatch(run.stderr, /api\.culvert\.test +1 +0 +0 +0 /);
  const records = await scene.records();
  const request = records.find(({ kind }) => kind === "http.request");
  assertEquals(request?.["url"], "https://api.culvert.test/v1/responses");
  assert(records.filter(({ kind }) => kind === "sse.event").length > 5);
  assertExcludes(JSON.stringify(records), scene.network.apiKey);
  // The server saw the client's own key, and the certificate that the client saw was not the company's.
  assertEquals(scene.network.api.log.turns[0]?.headers["authorization"], `Bearer ${scene.network.apiKey}`);
});

Deno.test("a host that is not selected is tunnelled: the program sees the company's certificate, the capture records only bytes", async () => {
  await using scene = await captureScene();
  const run = await scene.capture(
    ["--intercept", "other.example"],
    `curl -sSv -H "Authorization: Bearer $KEY" "$BASE/models" 2>&1`,
  );
  assertEquals(run.code, 0, run.stderr);
  assertIncludes(run.stdout, "Example Corp TLS Inspection");
  assertMatch(run.stderr, /api\.culvert\.test +0 +1 +0 +0 +[1-9]/);
  assertIncludes(run.stderr, "0 exchanges recorded");
  assertEquals(await scene.records(), []);
});

Deno.test("an intercepted program sees a certificate of this run, whose key is in no file", async () => {
  await using scene = await captureScene();
  const run = await scene.capture(
    [],
    `curl -sSv "$BASE/models" 2>&1 | grep issuer; cat "$SSL_CERT_FILE" | grep -c CERTIFICATE; grep -l "PRIVATE KEY" "$(dirname "$SSL_CERT_FILE")"/* ; true`,
  );
  assertIncludes(run.stdout, "Culvert capture (only for this run)");
  assertExcludes(run.stdout, "roots.pem");
});

Deno.test("a program that does not trust the capture is reported immediately, and counted as refused", async () => {
  await using scene = await captureScene();
  const run = await scene.capture(
    [],
    `env -u CURL_CA_BUNDLE -u SSL_CERT_FILE curl -sS "$BASE/models"; exit 60`,
  );
  assertEquals(run.code, 60);
  assertIncludes(run.stderr, "The program refused the TLS connection of this capture for api.culvert.test");
  assertMatch(run.stderr, /api\.culvert\.test +1 +0 +1 +0 /);
});

Deno.test("reverse mode routes OPENAI_BASE_URL through a relay", async () => {
  await using scene = await captureScene();
  const run = await scene.capture(["--mode", "reverse"], `${CURL_TURN} "$OPENAI_BASE_URL/responses"`);
  assertEquals(run.code, 0, run.stderr);
  assertIncludes(run.stdout, '"type":"response.completed"');
  assertMatch(run.stderr, /model \(SSE\) +1 /);
  assertIncludes(run.stderr, "capturing in reverse mode: chosen with --mode");
  assertExcludes(run.stderr, "cannot be recorded");
  const request = (await scene.records()).find(({ kind }) => kind === "http.request");
  assertEquals(request?.["url"], "https://api.culvert.test/v1/responses");
  assertEquals(scene.network.api.log.turns[0]?.headers["host"], "api.culvert.test");
});

Deno.test("the relay of reverse mode refuses unknown paths and web pages", async () => {
  await using scene = await captureScene();
  const script = `curl -s -o /dev/null -w '%{http_code} ' "\${OPENAI_BASE_URL%/v1}/other"; ` +
    `curl -s -o /dev/null -w '%{http_code} ' -H 'Origin: https://evil.example' "$OPENAI_BASE_URL/models"; ` +
    `curl -s -o /dev/null -w '%{http_code}' -H 'Host: evil.example' "$OPENAI_BASE_URL/models"`;
  const run = await scene.capture(["--mode", "reverse"], script);
  assertEquals(run.stdout, "404 403 421");
  assertEquals(scene.network.api.log.all.length, 0);
});

Deno.test("keylog mode writes keys and packets, and intercepts nothing", async () => {
  await using scene = await captureScene();
  const run = await scene.capture(
    ["--mode", "keylog"],
    `curl -sS -H "Authorization: Bearer $KEY" "$BASE/models"`,
  );
  assertEquals(run.code, 0, run.stderr);
  assertMatch(run.stderr, /[1-9]\d* TLS keys; open .*traffic\.pcapng/);
  assertExcludes(run.stderr, "0 exchanges recorded");
  const meta = JSON.parse(await Deno.readTextFile(join(scene.directory, "meta.json")));
  assertEquals(meta.redaction, "none");
  const keys = await Deno.readTextFile(join(scene.directory, "keys.log"));
  assertMatch(keys, /^CLIENT_TRAFFIC_SECRET_0 [0-9a-f]{64} [0-9a-f]+$/m);
  assertExcludes(
    new TextDecoder("latin1").decode(await Deno.readFile(join(scene.directory, "traffic.pcapng"))),
    scene.network.apiKey,
  );
});

Deno.test("the proxy of a capture serves only its own program", async () => {
  await using scene = await captureScene();
  const script =
    `P=$(echo "$HTTPS_PROXY" | sed 's#.*@#http://#'); curl -s -o /dev/null -w '%{http_connect}' -x "$P" "$BASE/models"; true`;
  const run = await scene.capture([], script);
  assertEquals(run.stdout, "407");
});

Deno.test("capture exits with the exit code of the program and passes its standard streams through", async () => {
  await using scene = await captureScene();
  const run = await scene.capture([], "echo out; echo err >&2; exit 42");
  assertEquals([run.code, run.stdout], [42, "out\n"]);
  assertIncludes(run.stderr, "err\n");
  assertIncludes(run.stderr, "no connection was seen; does the program use the proxy variables?");
});

Deno.test("capture of a program that sends nothing says the likely reasons and the next step, in 80 columns", async () => {
  await using scene = await captureScene();
  const run = await scene.capture([], "true");
  const text = run.stderr.replaceAll(/\nculvert: +/g, " ");
  assertIncludes(text, "0 exchanges recorded in");
  assertIncludes(text, "It may also have sent nothing");
  assertIncludes(text, "--mode reverse; respond --capture DIR records its own requests");
  const wide = run.stderr.split("\n").filter((line) => line.length > 80 && !line.includes("recorded in"));
  assertEquals(wide, []);
});

Deno.test("a second capture into the same directory is refused before the program runs", async () => {
  await using scene = await captureScene();
  assertEquals((await scene.capture([], "true")).code, 0);
  const again = await scene.capture([], "echo started");
  assertEquals([again.code, again.stdout], [2, ""]);
  assertIncludes(again.stderr, "it already contains a capture");
});

Deno.test("capture without a program is a usage error", async () => {
  const run = await culvert(["capture"]);
  assertEquals(run.code, 2);
});

Deno.test("--max-size ends the recording of bodies with a message, and the program gets its answer", async () => {
  await using scene = await captureScene();
  const run = await scene.capture(["--max-size", "2K"], `${CURL_TURN} "$BASE/responses"`);
  assertEquals(run.code, 0, run.stderr);
  assertIncludes(run.stdout, '"type":"response.completed"');
  assertIncludes(run.stderr, "2048 bytes (--max-size)");
  const records = await scene.records();
  assertEquals(records.filter(({ kind }) => kind === "capture.limit").length, 1);
  assertEquals(records.findLast(({ kind }) => kind === "sse.event")?.["omitted"], "budget");
  const wrong = await scene.capture(["--max-size", "much"], "true");
  assertEquals(wrong.code, 2);
  assertIncludes(wrong.stderr, "--max-size");
});
