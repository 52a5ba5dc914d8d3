/** The files of keylog mode, which tshark decrypts. */
import { assertEquals, assertIncludes } from "../support/assert.ts";
import { join } from "../support/paths.ts";
import { testWith } from "../support/programs.ts";
import { captureScene } from "../cli/capture/kit.ts";

/** Returns the requests and the host names that tshark decrypts from a file. */
async function decrypted(path: string): Promise<string> {
  const { stdout, stderr } = await new Deno.Command("tshark", {
    args: [
      ...["-r", path, "-N", "n", "-Y", "http.request", "-T", "fields"],
      ...["ip.dst_host", "http.request.method", "http.request.uri", "http.authorization"].flatMap((
        field,
      ) => ["-e", field]),
    ],
  }).output();
  return new TextDecoder().decode(stdout) || new TextDecoder().decode(stderr);
}

await testWith(
  ["tshark", "curl"],
  "tshark decrypts the traffic of curl from keylog mode, with only the recorded file",
  async () => {
    await using scene = await captureScene();
    const run = await scene.capture(
      ["--mode", "keylog"],
      `curl -sS -H "Authorization: Bearer $KEY" "$BASE/models"`,
    );
    assertEquals(run.code, 0, run.stderr);
    assertEquals(
      await decrypted(join(scene.directory, "traffic.pcapng")),
      `api.culvert.test\tGET\t/v1/models\tBearer ${scene.network.apiKey}\n`,
    );
  },
);

await testWith(
  ["tshark", "node"],
  "tshark decrypts the traffic of Node, which writes its keys because of an option",
  async () => {
    await using scene = await captureScene();
    const program = `
    const [host, port] = [process.env.HTTPS_PROXY.replace(/.*@/, "").split(":")[0], process.env.HTTPS_PROXY.split(":").at(-1)];
    const login = Buffer.from(new URL(process.env.HTTPS_PROXY).username + ":" + new URL(process.env.HTTPS_PROXY).password).toString("base64");
    require("http").request({ host, port, method: "CONNECT", path: "api.culvert.test:443", headers: { "proxy-authorization": "Basic " + login } })
      .on("connect", (_reply, socket) => {
        require("https").get({ host: "api.culvert.test", path: "/v1/models", headers: { authorization: "Bearer " + process.env.KEY },
          createConnection: () => require("tls").connect({ socket, servername: "api.culvert.test" }) },
          (reply) => { console.log(reply.statusCode); reply.resume(); reply.on("end", () => process.exit(0)); })
          .on("error", (error) => { console.log(error.message); process.exit(9); });
      }).end();`;
    const file = join(scene.network.directory, "program.js");
    await Deno.writeTextFile(file, program);
    const run = await scene.capture(["--mode", "keylog"], `node ${file}`);
    assertEquals([run.code, run.stdout], [0, "200\n"], run.stderr);
    assertIncludes(await decrypted(join(scene.directory, "traffic.pcapng")), "GET\t/v1/models\tBearer ");
  },
);
