/** A websocket server over TLS that sends so many delta events and closes. Prints its port and its root. */
import { CA, LEAF } from "../net/kit.ts";
import { frame, TEXT, websocketServer } from "../net/websocket/websocket_server.ts";

const PER_WRITE = 250;
const event = JSON.stringify({
  type: "response.output_text.delta",
  item_id: "msg_0123456789abcdef0123456789abcdef",
  output_index: 0,
  content_index: 0,
  delta: " hello world",
  sequence_number: 12_345,
  obfuscation: "abcdefghijkl",
});
const one = frame(TEXT, event);
const block = new Uint8Array(one.length * PER_WRITE);
for (let at = 0; at < PER_WRITE; at++) block.set(one, at * one.length);

const server = websocketServer(async (peer) => {
  const count = Number(peer.requestLine.split(" ")[1]?.slice(1));
  await peer.accept();
  for (let sent = 0; sent < count; sent += PER_WRITE) await peer.write(block);
  await peer.closeWith(1000);
  await peer.gone();
}, LEAF);
console.log(JSON.stringify({ port: server.port, root: CA.certificate }));
