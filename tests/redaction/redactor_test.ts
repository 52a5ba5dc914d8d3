import { createRedactor } from "../../lib/redaction/redactor.ts";
import { assertEquals } from "../support/assert.ts";

/** Texts with the secret `SECRET` or one of a known form, and their redacted form. */
const ROWS: readonly (readonly [what: string, text: string, redacted: string])[] = [
  // Headers.
  ["an Authorization header keeps its scheme", "authorization: Bearer abc", "authorization: Bearer ***"],
  ["the Token scheme is masked", "authorization: Token SECRET", "authorization: Token ***"],
  ["an unknown scheme is masked too", "Authorization: SECRET twice\r\nb: c", "Authorization: ***\r\nb: c"],
  [
    "every parameter of Digest is masked",
    'Authorization: Digest username="u", response="SECRET"\n',
    "Authorization: Digest ***\n",
  ],
  ["x-api-key is masked", "x-api-key: SECRET", "x-api-key: ***"],
  [
    "a header with blanks is masked to the end of its line",
    "a: b\nx-auth-token: S E C\nc: d",
    "a: b\nx-auth-token: ***\nc: d",
  ],
  [
    "a header in quotes ends with them",
    "curl -H 'x-api-key: SECRET' http://h/",
    "curl -H 'x-api-key: ***' http://h/",
  ],
  ["a Cookie header keeps the names", "cookie: sid=SECRET; b=SECRET", "cookie: sid=***; b=***"],
  [
    "a Set-Cookie header keeps its attributes",
    "set-cookie: sid=SECRET; Path=/; Secure",
    "set-cookie: sid=***; Path=/; Secure",
  ],
  ["Proxy-Authorization is masked", "proxy-authorization: Basic dTpw", "proxy-authorization: Basic ***"],
  [
    "a header that tells about authorization stays",
    "x-openai-authorization-error: 7",
    "x-openai-authorization-error: 7",
  ],
  [
    "headers for a key or an authentication are masked by their last word",
    "X-Auth: SECRET\nX-Auth-Key: SECRET\nx-key: SECRET\nX-Csrf-Key: S E C\nX-Csrf-Token: SECRET\nX-XSRF: SECRET",
    "X-Auth: ***\nX-Auth-Key: ***\nx-key: ***\nX-Csrf-Key: ***\nX-Csrf-Token: ***\nX-XSRF: ***",
  ],
  [
    "a header with a key that names something stays",
    "x-idempotency-key: abc\nX-Cache-Key: /v1\nX-Surrogate-Key: a b\nx-codex-routing-key: 1",
    "x-idempotency-key: abc\nX-Cache-Key: /v1\nX-Surrogate-Key: a b\nx-codex-routing-key: 1",
  ],
  // Syntax around the value.
  [
    "the password of curl -u is masked, in every notation",
    `curl -u user:SECRET h; curl -uuser:SECRET h; curl --user "me:S E C" h; curl -s -U p:x --proxy-user=a:SECRET h`,
    `curl -u user:*** h; curl -uuser:*** h; curl --user "me:***" h; curl -s -U p:*** --proxy-user=a:*** h`,
  ],
  [
    "the password of curl -u is masked in an array of arguments, and in JSON in JSON",
    `["curl",\n"-u",\n"user:SECRET","h"] curl h \\\n -u a:SECRET {"a":"{\\"cmd\\":[\\"curl\\", \\"-u\\", \\"u:SECRET\\"]}"}`,
    `["curl",\n"-u",\n"user:***","h"] curl h \\\n -u a:*** {"a":"{\\"cmd\\":[\\"curl\\", \\"-u\\", \\"u:***\\"]}"}`,
  ],
  [
    "variables for curl -u stay, and so do the users of other programs",
    `curl -u "$USER:$PASSWORD" h\ndocker run -u 1000:1000 x`,
    `curl -u "$USER:$PASSWORD" h\ndocker run -u 1000:1000 x`,
  ],
  [
    "a key of JSON with escapes is masked",
    String.raw`{"\u0061pi_key":"SECRET","api\u005fkey":"SECRET","passw\u006frd":{"a":"SECRET"},"n":1}`,
    String.raw`{"\u0061pi_key":"***","api\u005fkey":"***","passw\u006frd":{"a":"***"},"n":1}`,
  ],
  [
    "JSON whose quotes are escapes is masked, within JSON and within JSON in JSON",
    String
      .raw`{"a":"{\u0022api_key\u0022:\u0022SECRET\u0022,\u0022b\u0022:1}","c":"{\"d\":\"{\\u0022token\\u0022:\\u0022SECRET\\u0022}\"}"}`,
    String
      .raw`{"a":"{\u0022api_key\u0022:\u0022***\u0022,\u0022b\u0022:1}","c":"{\"d\":\"{\\u0022token\\u0022:\\u0022***\\u0022}\"}"}`,
  ],
  [
    "parameters behind an escaped ampersand and elements in escaped brackets are masked",
    String.raw`"http://h/?page=1\u0026sig=SECRET" "\u003cpassword\u003eSECRET\u003c/password\u003e"`,
    String.raw`"http://h/?page=1\u0026sig=***" "\u003cpassword\u003e***\u003c/password\u003e"`,
  ],
  [
    "a token with an escape in it is masked whole",
    String.raw`{"text":"sk\u002dproj\u002dabcdefghijkl and na\u00efve \u0041"}`,
    String.raw`{"text":"*** and na\u00efve \u0041"}`,
  ],
  [
    "a secret part of a multipart form is masked",
    '--B\r\nContent-Disposition: form-data; name="api_key"\r\nContent-Type: text/plain\r\n\r\nSECRET\r\nSECRET\r\n--B--',
    '--B\r\nContent-Disposition: form-data; name="api_key"\r\nContent-Type: text/plain\r\n\r\n***\r\n--B--',
  ],
  [
    "another part of a multipart form stays",
    '--B\nContent-Disposition: form-data; name="model"\n\ngpt-5\n--B--',
    '--B\nContent-Disposition: form-data; name="model"\n\ngpt-5\n--B--',
  ],
  [
    "an element of XML is masked",
    "<a><password x='1'>SECRET</password></a>",
    "<a><password x='1'>***</password></a>",
  ],
  [
    "a parameter of an encoded address is masked, encoded once and twice",
    "?redirect_uri=https%3A%2F%2Fh%3Ftoken%3DSEC%26a%3Db&u=h%253Fa%253Db%2526sig%253DSEC",
    "?redirect_uri=https%3A%2F%2Fh%3Ftoken%3D***%26a%3Db&u=h%253Fa%253Db%2526sig%253D***",
  ],
  ["the value of a secret flag is masked", "run --password S3CR3T -v", "run --password *** -v"],
  [
    "the value of a secret flag is masked in an array of arguments",
    '{"args":["run","--auth-token","S3CR3T","-v"]}',
    '{"args":["run","--auth-token","***","-v"]}',
  ],
  [
    "a sentence about a secret flag stays",
    "give --password or --token to run",
    "give --password or --token to run",
  ],
  // JSON.
  ["a JSON member is masked", '{"password":"SECRET","a":1}', '{"password":"***","a":1}'],
  ["a JSON member with escaped quotes is masked whole", '{"token":"S\\"E","a":1}', '{"token":"***","a":1}'],
  [
    "JSON in a string is masked",
    '{"body":"{\\"access_token\\":\\"SECRET\\",\\"a\\":1}"}',
    '{"body":"{\\"access_token\\":\\"***\\",\\"a\\":1}"}',
  ],
  [
    "JSON in a string in a string is masked",
    JSON.stringify(JSON.stringify(JSON.stringify({ api_key: "SECRET", a: 1 }))),
    JSON.stringify(JSON.stringify(JSON.stringify({ api_key: "***", a: 1 }))),
  ],
  ["camel case is recognized", '{"accessToken": "SECRET"}', '{"accessToken": "***"}'],
  ["a JSON member that is cut off is masked", '{"refresh_token":"SECR', '{"refresh_token":"***'],
  [
    "an array of secrets is masked",
    '{"set-cookie":["a=S","b=S"],"c":"d"}',
    '{"set-cookie":["***","***"],"c":"d"}',
  ],
  [
    "an object of secrets is masked",
    '{"client_secret":{"value":"S","n":1},"c":"d"}',
    '{"client_secret":{"value":"***","n":1},"c":"d"}',
  ],
  ["a pair of name and value is masked", '["x-api-key","SECRET"]', '["x-api-key","***"]'],
  [
    "a header of HAR is masked",
    '{"name":"x-api-key","value":"SECRET"}',
    '{"name":"x-api-key","value":"***"}',
  ],
  ["counts of tokens stay", '{"input_tokens":12,"token":3}', '{"input_tokens":12,"token":3}'],
  [
    "the code of an error stays",
    '{"code":"invalid_grant","state":"x","key":"y"}',
    '{"code":"invalid_grant","state":"x","key":"y"}',
  ],
  [
    "a token of log probabilities stays",
    '{"token":"Hi","logprob":-0.5,"bytes":[1]}',
    '{"token":"Hi","logprob":-0.5,"bytes":[1]}',
  ],
  // Forms, queries and assignments.
  [
    "a form is masked",
    "grant_type=x&assertion=SECRET&code=SECRET&a=b",
    "grant_type=x&assertion=***&code=***&a=b",
  ],
  ["the first field of a form is masked", "code=SECRET&state=SECRET", "code=***&state=***"],
  ["a query is masked", "GET /p?sig=SECRET&a=b HTTP/1.1", "GET /p?sig=***&a=b HTTP/1.1"],
  ["an assignment is masked", "OPENAI_API_KEY=SECRET node x.js", "OPENAI_API_KEY=*** node x.js"],
  ["a flag with its value is masked", "--api-key=SECRET --a", "--api-key=*** --a"],
  [
    "an assignment of TOML is masked",
    'experimental_bearer_token = "S E C"',
    'experimental_bearer_token = "***"',
  ],
  // Forms of tokens.
  ["an API key", "key sk-proj-abcdefgh12345678.", "key ***"],
  ["a refresh token with rt_", "see rt_AbCdEfGh1234567890 there", "see *** there"],
  ["an access token with at_", "see at_AbCdEfGh1234567890 there", "see *** there"],
  ["a personal access token with pat_", "see pat_AbCdEfGh1234567890 there", "see *** there"],
  ["a personal access token with at-", "see at-AbCdEfGh1234567890 there", "see *** there"],
  ["a token of Slack", "see xoxb-12345678-abcdef there", "see *** there"],
  ["a fine-grained token of GitHub", "see github_pat_11ABCDEFG0abcdefghij there", "see *** there"],
  ["a token of a GitHub app", "see ghs_16C7e42F292c6912E7710c838347Ae178B4a there", "see *** there"],
  ["a token of a GitHub user", "see ghp_16C7e42F292c6912E7710c838347Ae178B4a there", "see *** there"],
  ["an access key id of AWS", "see AKIAIOSFODNN7EXAMPLE there", "see *** there"],
  ["a secret key of AWS", "aws_secret_access_key=wJalrXUtnFEMI/K7MDENG", "aws_secret_access_key=***"],
  ["a JSON Web Token", "see eyJhbGciOi.eyJzdWIi.c2ln there", "see *** there"],
  ["a bearer token in a sentence", "sent Bearer abcdefgh there", "sent Bearer *** there"],
  ["Basic credentials in a sentence", "sent Basic dXNlcjpwYXNz there", "sent Basic *** there"],
  [
    "a private key",
    "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----\n",
    "-----BEGIN PRIVATE KEY-----***-----END PRIVATE KEY-----\n",
  ],
  ["an e-mail address, for others than the user", "by ada@h.example there", "by *** there"],
  ["user and password of an address", "by http://u:p@ss@proxy:1/ there", "by http://***@proxy:1/ there"],
  ["a password in a sentence", "with the password: hunter22.", "with the password: ***."],
  ["a key of YAML", "a: b\n  password: hunter\n", "a: b\n  password: ***\n"],
  // Texts without a secret.
  [
    "the clause behind a variable stays",
    "the credential from CODEX_API_KEY: the policy forbids it",
    "the credential from CODEX_API_KEY: the policy forbids it",
  ],
  [
    "the words of a sentence stay",
    "basic authentication, token refreshing",
    "basic authentication, token refreshing",
  ],
  [
    "a name with underscores stays",
    "see at_least_one_certificate_in_it",
    "see at_least_one_certificate_in_it",
  ],
  [
    "the marker of a key in a sentence stays",
    "found -----BEGIN PRIVATE KEY----- on line 3",
    "found -----BEGIN PRIVATE KEY----- on line 3",
  ],
  [
    "the placeholder of a hint stays",
    "write http://user:password@host:1",
    "write http://user:password@host:1",
  ],
];

for (const [what, text, redacted] of ROWS) {
  Deno.test(`redaction: ${what}`, () => assertEquals(createRedactor()(text), redacted));
}

Deno.test("an e-mail address is kept for the user", () => {
  assertEquals(createRedactor([], "user")("by ada@h.example"), "by ada@h.example");
});
