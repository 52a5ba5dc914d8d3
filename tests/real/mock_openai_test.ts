/** The SDK of the vendor (npm `openai`, under Node) as a client of the simulated API: models, files and images. */
import { startMockApi } from "../../lib/mock/api/api.ts";
import { assertEquals } from "../support/assert.ts";
import { skippedIf } from "../support/skipped.ts";
import { lacksNodePackages, startNode } from "../support/node_packages.ts";

const PROGRAM = `
import OpenAI, { toFile } from "openai";
const client = new OpenAI({ maxRetries: 0 });
const show = (name, ...values) => console.log(name, JSON.stringify(values));

const models = await client.models.list();
show("models", models.data.map(({ id, object, owned_by }) => [id, object, owned_by])[0]);
show("model", (await client.models.retrieve("gpt-5.2")).id);
await client.models.retrieve("none").catch((error) => show("no model", error.status, error.type));

const file = await client.files.create({ file: await toFile(Buffer.from("hello"), "note.txt"), purpose: "user_data" });
show("file", file.object, file.bytes, file.filename, file.purpose, file.id.startsWith("file-"));
show("files", (await client.files.list()).data.map(({ filename }) => filename));
show("retrieved", (await client.files.retrieve(file.id)).status);
show("content", await (await client.files.content(file.id)).text());
show("deleted", (await client.files.delete(file.id)).deleted);
await client.files.retrieve(file.id).catch((error) => show("no file", error.status));

const made = await client.images.generate({ model: "gpt-image-1", prompt: "a river", n: 2 });
const png = Buffer.from(made.data[0].b64_json, "base64");
show("images", made.data.length, png.subarray(1, 4).toString(), typeof made.created, made.size);
const edited = await client.images.edit({
  model: "gpt-image-1",
  prompt: "a road",
  image: await toFile(png, "river.png", { type: "image/png" }),
});
show("edited", edited.data.length);
await client.images.generate({ model: "gpt-image-1", prompt: "", n: 1 }).catch((error) =>
  show("no prompt", error.status, error.code, error.param)
);
await client.images.generate({ model: "gpt-image-1", prompt: "x", n: 99 }).catch((error) => show("n", error.param));
`;

Deno.test(
  skippedIf(
    await lacksNodePackages("openai"),
    "the vendor's SDK lists models, stores files and makes images against the simulated API",
  ),
  async () => {
    await using api = await startMockApi({ plain: true });
    await using program = await startNode(PROGRAM, {
      OPENAI_BASE_URL: api.baseUrl,
      OPENAI_API_KEY: "sk-test",
    });
    const { code, text } = await program.end();
    assertEquals([code, text.split("\n")], [0, [
      'models [["gpt-6.1-sol","model","mock"]]',
      'model ["gpt-5.2"]',
      'no model [404,"invalid_request_error"]',
      'file ["file",5,"note.txt","user_data",true]',
      'files [["note.txt"]]',
      'retrieved ["processed"]',
      'content ["hello"]',
      "deleted [true]",
      "no file [404]",
      'images [2,"PNG","number","1024x1024"]',
      "edited [1]",
      'no prompt [400,"missing_required_parameter","prompt"]',
      'n ["n"]',
      "",
    ]]);
  },
);
