import { createTunnelFile, type TunnelFileOptions } from "../../../lib/capture/intercept/pcapng.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { join } from "../../support/paths.ts";
import { testWith } from "../../support/programs.ts";

/** The blocks of a pcapng file: type and body. */
function blocksOf(bytes: Uint8Array): { readonly type: number; readonly body: DataView }[] {
  const found = [];
  for (let at = 0; at < bytes.length;) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at);
    const length = view.getUint32(4, true);
    assertEquals(view.getUint32(length - 4, true), length, "both lengths of a block agree");
    found.push({
      type: view.getUint32(0, true),
      body: new DataView(bytes.buffer, bytes.byteOffset + at + 8, length - 12),
    });
    at += length;
  }
  return found;
}

const UNLIMITED: TunnelFileOptions = {
  now: () => 1_795_000_000_123,
  maxBytes: Infinity,
  onStop: (error) => {
    throw error ?? new Error("there is no limit");
  },
};

/** Writes one tunnel with three chunks, one of which is longer than a segment. */
async function written(path: string, options = UNLIMITED): Promise<boolean> {
  const file = await createTunnelFile(path, options);
  const tap = file.tap({ host: "api.example.test", port: 443 });
  tap.bytes("request", new TextEncoder().encode("hello"));
  tap.bytes("response", new Uint8Array(70_000).fill(7));
  tap.bytes("request", new TextEncoder().encode("bye"));
  tap.end("request");
  tap.end("response");
  return await file.close(new TextEncoder().encode("CLIENT_RANDOM 00 11\n"));
}

async function inDirectory(run: (path: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "culvert-pcapng-" });
  try {
    await run(join(directory, "traffic.pcapng"));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("a file has section, interface, names and keys before its packets, and only its owner can read it", async () => {
  await inDirectory(async (path) => {
    await written(path);
    const blocks = blocksOf(await Deno.readFile(path));
    assertEquals(blocks.slice(0, 4).map(({ type }) => type), [0x0a0d0d0a, 1, 4, 10]);
    assert(blocks.slice(4).every(({ type }) => type === 6));
    // Handshake 3, data 1 + 3 + 1, two ends.
    assertEquals(blocks.length - 4, 10);
    if (Deno.build.os !== "windows") assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    assertEquals(await Deno.stat(`${path}.packets`).catch(() => "gone"), "gone");
  });
});

Deno.test("behind the limit no packets are written, which is reported once, and the file is complete", async () => {
  await inDirectory(async (path) => {
    const stops: unknown[] = [];
    // The second chunk is split in three packets; the second of them is above the limit.
    const options = { ...UNLIMITED, maxBytes: 40_000, onStop: (error?: unknown) => stops.push(error) };
    assertEquals(await written(path, options), true);
    assertEquals(stops, [undefined]);
    const blocks = blocksOf(await Deno.readFile(path));
    assertEquals(blocks.map(({ type }) => type), [0x0a0d0d0a, 1, 4, 10, ...Array(5).fill(6)]);
  });
});

Deno.test("where the file cannot be put together, the packets without keys are left as a file", async () => {
  await inDirectory(async (path) => {
    const file = await createTunnelFile(path, UNLIMITED);
    file.tap({ host: "api.example.test", port: 443 });
    // It is in the place of the copy, as a full disk would be.
    await Deno.writeTextFile(path, "another file");
    assertEquals(await file.close(new TextEncoder().encode("CLIENT_RANDOM 00 11\n")), false);
    assertEquals(blocksOf(await Deno.readFile(path)).map(({ type }) => type), [0x0a0d0d0a, 1, 6, 6, 6]);
  });
});

Deno.test("sequence numbers continue, and the bytes of a direction equal those that were sent", async () => {
  await inDirectory(async (path) => {
    await written(path);
    const packets = blocksOf(await Deno.readFile(path)).slice(4).map(({ body }) => {
      const at = 20;
      return {
        fromClient: body.getUint8(at + 12) === 10 && body.getUint8(at + 13) === 0,
        sequence: body.getUint32(at + 24),
        flags: body.getUint8(at + 33),
        size: body.getUint16(at + 2) - 40,
      };
    });
    for (const fromClient of [true, false]) {
      let expected = 0;
      for (const packet of packets.filter((one) => one.fromClient === fromClient)) {
        assertEquals(packet.sequence, expected);
        expected += packet.size + ((packet.flags & 3) === 0 ? 0 : 1);
      }
      // SYN and FIN count as one byte each.
      assertEquals(expected, (fromClient ? 8 : 70_000) + 2);
    }
  });
});

await testWith(["tshark"], "tshark reads the names, the streams and the checksums", async () => {
  await inDirectory(async (path) => {
    await written(path);
    const fields = [
      "ip.src_host",
      "tcp.len",
      "tcp.checksum.status",
      "ip.checksum.status",
      "tcp.analysis.flags",
    ];
    const { stdout, stderr } = await new Deno.Command("tshark", {
      args: [
        ...[
          "-r",
          path,
          "-N",
          "n",
          "-o",
          "tcp.check_checksum:TRUE",
          "-o",
          "ip.check_checksum:TRUE",
          "-T",
          "fields",
        ],
        ...fields.flatMap((field) => ["-e", field]),
      ],
    }).output();
    const rows = new TextDecoder().decode(stdout).trimEnd().split("\n").map((row) => row.split("\t"));
    assertEquals(rows.length, 10, new TextDecoder().decode(stderr));
    for (const [, , tcp, ip, problem = ""] of rows) assertEquals([tcp, ip, problem], ["1", "1", ""]);
    assertEquals(rows.filter(([host]) => host === "api.example.test").length, 5);
  });
});
