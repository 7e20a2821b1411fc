// A WebSocket server and a client of the npm package ws, the client through the proxy of https-proxy-agent.
// Arguments: ws or wss, certificate, key, what to say. Prints what came back, as JSON.
const { createServer } = require("node:http");
const { createServer: createTlsServer } = require("node:https");
const { readFileSync } = require("node:fs");
const { WebSocket, WebSocketServer } = require("ws");

const [scheme, certFile, keyFile, said] = process.argv.slice(2);

async function main() {
  const { HttpsProxyAgent } = await import(require.resolve("https-proxy-agent"));
  const server = scheme === "wss"
    ? createTlsServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) })
    : createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: { threshold: 0 } });
  sockets.on("connection", (socket) => {
    socket.on("message", (data) => socket.send(`echo ${data}`));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const agent = new HttpsProxyAgent(process.env.HTTPS_PROXY);
  // By name: the agent checks certificates for addresses against "localhost".
  const url = `${scheme}://localhost:${server.address().port}/socket`;
  const client = new WebSocket(url, { agent, perMessageDeflate: { threshold: 0 } });
  const answer = await new Promise((resolve, reject) => {
    client.on("error", reject);
    client.on("open", () => client.send(said));
    client.on("message", (data) => resolve(String(data)));
  });
  const closed = new Promise((resolve) => client.on("close", resolve));
  client.close(1000);
  const code = await closed;
  console.log(JSON.stringify({ answer, code, extensions: client.extensions }));
  process.exit(0);
}

main();
