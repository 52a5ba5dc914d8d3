import { createHash } from "node:crypto";
import { uploadFile } from "../../../lib/api/files/upload_file.ts";
import { asCulvertError } from "../../../lib/errors.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { join } from "../../support/paths.ts";
import { insider } from "../network_kit.ts";

/** A file with content that does not repeat. */
async function fileOf(
  size: number,
): Promise<{ readonly path: string; readonly sha256: string } & AsyncDisposable> {
  const directory = await Deno.makeTempDir({ prefix: "culvert-upload-" });
  const path = join(directory, 'a "file".bin');
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  await Deno.writeFile(path, bytes);
  return {
    path,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
}

Deno.test("a file is created, uploaded to the URL from the server and confirmed, after one reply that it is not ready", async () => {
  await using place = await insider();
  await using file = await fileOf(1_000_000);
  const { network: { api }, connection } = place;
  const sent: number[] = [];
  const { downloadUrl, ...uploaded } = await uploadFile(connection, file.path, {
    onSent: (n) => sent.push(n),
  });
  assertEquals(uploaded, {
    fileId: "file_mock_1",
    uri: "sediment://file_mock_1",
    fileName: 'a "file".bin',
    sizeBytes: 1_000_000,
    mimeType: "application/octet-stream",
  });
  assert(downloadUrl?.startsWith("https://files.culvert.test/download/"));
  assertEquals([api.files.get("file_mock_1")?.sha256, sent.at(-1)], [file.sha256, 1_000_000]);
  const asked = api.log.all.map(({ method, path }) => `${method} ${path}`);
  assertEquals(asked, [
    "POST /backend-api/files",
    "PUT /storage/file_mock_1",
    "POST /backend-api/files/file_mock_1/uploaded",
    "POST /backend-api/files/file_mock_1/uploaded",
  ]);
  assertEquals(api.log.all[0]?.json, { file_name: 'a "file".bin', file_size: 1_000_000, use_case: "codex" });
  const seen = api.log.all[1]?.headers ?? {};
  assertEquals([seen["content-length"], seen["transfer-encoding"], seen["x-ms-blob-type"]], [
    "1000000",
    undefined,
    "BlockBlob",
  ]);
});

Deno.test("the storage service gets no credential, account, originator or header of the provider", async () => {
  await using place = await insider();
  await using file = await fileOf(10);
  await uploadFile(place.connection, file.path);
  const content = place.network.api.log.all.find(({ method }) => method === "PUT");
  assertEquals(content?.headers["host"], "files.culvert.test");
  assertEquals(Object.keys(content?.headers ?? {}).sort(), [
    "accept-encoding",
    "connection",
    "content-length",
    "host",
    "user-agent",
    "x-ms-blob-type",
    "x-ms-client-request-id",
  ]);
});

Deno.test("content whose connection is cut is sent again from its beginning", async () => {
  await using place = await insider();
  await using file = await fileOf(3_000_000);
  const { api } = place.network;
  api.enqueueFault({ endpoint: "/storage/", cut: "head", afterBytes: 1_000_000 });
  const { fileId } = await uploadFile(place.connection, file.path);
  assertEquals(api.files.get(fileId)?.sha256, file.sha256);
  assertEquals(api.log.all.filter(({ method }) => method === "PUT").length, 2);
  assert(
    place.observed.some((one) => one.kind === "note" && one.message.startsWith("retry 1/4 of the upload")),
  );
});

Deno.test("an upload that fails reports the remaining steps and the ids, but not the signature", async () => {
  await using place = await insider();
  await using file = await fileOf(100);
  const headers = { "x-ms-request-id": "ms-1", "x-ms-error-code": "ServerBusy" };
  const refusal = { status: 500, headers, body: "a secret of the storage service" };
  place.network.api.enqueueFault(...Array.from({ length: 5 }, () => ({ endpoint: "/storage/", refusal })));
  const error = await uploadFile(place.connection, file.path).then(() => undefined, asCulvertError);
  assertEquals([error?.code, error?.details["status"], error?.details["left"]], [
    "server",
    500,
    ["content", "confirmation"],
  ]);
  const text = JSON.stringify([error?.message, error?.hint, error?.details]);
  for (const part of ["files.culvert.test", "ms-1", "ServerBusy", "file_mock_1"]) assertIncludes(text, part);
  assertIncludes(text, String(error?.details["client_request_id"]));
  for (const secret of ["sig=", "/storage/", "a secret of"]) assertExcludes(text, secret);
});

Deno.test("a connection that is cut each time is reported with the number of bytes sent", async () => {
  await using place = await insider();
  await using file = await fileOf(3_000_000);
  const fault = { endpoint: "/storage/", cut: "head", afterBytes: 500_000 } as const;
  place.network.api.enqueueFault(...Array.from({ length: 5 }, () => fault));
  const error = await uploadFile(place.connection, file.path).then(() => undefined, asCulvertError);
  // The proxy answers 502 for an upstream connection that is cut; a write may fail first.
  assert(error?.code === "server" || error?.code === "reset", error?.message ?? "no error");
  assertEquals([error.details["file_size"], error.details["left"]], [
    3_000_000,
    ["content", "confirmation"],
  ]);
  const sent = error.details["bytes_sent"];
  assert(typeof sent === "number" && sent >= 500_000 && sent <= 3_000_000, String(sent));
});

Deno.test("an upload whose confirmation fails leaves only the confirmation to do", async () => {
  await using place = await insider();
  await using file = await fileOf(10);
  const refusal = { status: 403, body: { error: { message: "no" } } };
  place.network.api.enqueueFault({ endpoint: "/uploaded", refusal });
  const error = await uploadFile(place.connection, file.path).then(() => undefined, asCulvertError);
  assertEquals([error?.code, error?.details["left"]], ["auth_forbidden", ["confirmation"]]);
  assertIncludes(error?.message ?? "", "is uploaded but not confirmed");
});

Deno.test("a file that is too large, a folder and a missing file are refused before anything is sent", async () => {
  await using place = await insider();
  await using file = await fileOf(0);
  await Deno.truncate(file.path, 536_870_913);
  for (const path of [file.path, join(file.path, ".."), `${file.path}.none`]) {
    const error = await uploadFile(place.connection, path).then(() => undefined, asCulvertError);
    assertEquals([error?.code, place.network.api.log.all.length], ["input_unreadable", 0]);
  }
});

Deno.test("an empty file can be uploaded", async () => {
  await using place = await insider();
  await using file = await fileOf(0);
  assertEquals((await uploadFile(place.connection, file.path)).sizeBytes, 0);
});
