/** The variables of `culvert ca env` for further programs, and the names of shells. */
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";

Deno.test("ca env sets the variables of AWS, gRPC, Google Cloud and Nix, and accepts bash and zsh as shells", async () => {
  const directory = await Deno.realPath(await Deno.makeTempDir());
  try {
    const file = join(directory, "all.pem");
    for (const shell of ["bash", "zsh", "sh"]) {
      const run = await culvert(["ca", "env", "--shell", shell, "-o", file]);
      assertEquals(run.code, 0);
      for (
        const name of [
          "AWS_CA_BUNDLE",
          "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
          "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE",
          "NIX_SSL_CERT_FILE",
        ]
      ) assertIncludes(run.stdout, `export ${name}='${file}';`);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
