// A gRPC server and a client of the npm package @grpc/grpc-js, the client through the proxy it reads from
// `grpc_proxy`. Arguments: certificate, key, a secret for metadata and messages. Prints the answers, as JSON.
const { readFileSync } = require("node:fs");
const grpc = require("@grpc/grpc-js");

const [certFile, keyFile, secret] = process.argv.slice(2);

const bytes = { serialize: (text) => Buffer.from(text), deserialize: (data) => String(data) };
const method = (name, requestStream, responseStream) => ({
  path: `/sample.Echo/${name}`,
  requestStream,
  responseStream,
  requestSerialize: bytes.serialize,
  requestDeserialize: bytes.deserialize,
  responseSerialize: bytes.serialize,
  responseDeserialize: bytes.deserialize,
});
const service = {
  Say: method("Say", false, false),
  Count: method("Count", false, true),
  Chat: method("Chat", true, true),
  Fail: method("Fail", false, false),
};

async function main() {
  const server = new grpc.Server();
  server.addService(service, {
    Say: ({ request }, answer) => answer(null, `heard ${request.length}`),
    Count(call) {
      for (let at = 1; at <= 3; at++) call.write(`${call.request} ${at}`);
      call.end();
    },
    Chat(call) {
      call.on("data", (text) => call.write(`re: ${text.slice(0, 5)}`));
      call.on("end", () => call.end());
    },
    Fail: (_, answer) => answer({ code: grpc.status.NOT_FOUND, details: "no such thing" }),
  });
  const pair = { cert_chain: readFileSync(certFile), private_key: readFileSync(keyFile) };
  const credentials = grpc.ServerCredentials.createSsl(null, [pair]);
  const port = await new Promise((resolve, reject) =>
    server.bindAsync(
      "127.0.0.1:0",
      credentials,
      (error, bound) => error ? reject(error) : resolve(bound),
    )
  );
  const Client = grpc.makeGenericClientConstructor(service, "Echo");
  const options = { "grpc.default_compression_algorithm": grpc.compressionAlgorithms.gzip };
  const client = new Client(`localhost:${port}`, grpc.credentials.createSsl(), options);
  const metadata = new grpc.Metadata();
  metadata.set("x-api-key", secret);
  const said = await new Promise((resolve, reject) =>
    client.Say(
      `${secret} ${"so much to say ".repeat(9_000)}`,
      metadata,
      (error, text) => error ? reject(error) : resolve(text),
    )
  );
  const counted = [];
  for await (const text of client.Count("number")) counted.push(text);
  const chat = client.Chat();
  const chatted = [];
  chat.write("hello there");
  chat.on("data", (text) => {
    chatted.push(text);
    if (chatted.length === 1) chat.write("good bye");
    else chat.end();
  });
  await new Promise((resolve, reject) => chat.on("end", resolve).on("error", reject));
  const failed = await new Promise((resolve) =>
    client.Fail("please", (error) => resolve([error.code, error.details]))
  );
  console.log(JSON.stringify({ said, counted, chatted, failed }));
  process.exit(0);
}

main();
