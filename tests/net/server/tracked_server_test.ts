import { connect, createServer } from "node:net";
import { bind, ServerGroup } from "../../../lib/net/server/tracked_server.ts";
import { assert } from "../../support/assert.ts";

Deno.test("closing takes at most a few seconds while a connection unknown to the group is open", async () => {
  const server = createServer();
  const port = await bind(server, 0, "127.0.0.1");
  const accepted = new Promise<void>((resolve) => server.once("connection", () => resolve()));
  const client = connect({ host: "127.0.0.1", port });
  await accepted;
  const group = new ServerGroup();
  group.add(server);
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const limit = new Promise<string>((resolve) => timer = setTimeout(() => resolve("still open"), 20_000));
    assert(await Promise.race([group.close(), limit]) !== "still open", "the group does not close");
  } finally {
    clearTimeout(timer);
    const closed = new Promise((resolve) => client.once("close", resolve));
    client.destroy();
    await closed;
    await new Promise((resolve) => server.close(resolve));
  }
});
