// Servers on https, with a self-signed certificate.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Creates an https proxy for a server on http. The proxy forwards the headers, including Host, and the bodies. */
export function proxyTo(url) {
  const { port } = new URL(url);
  return https.createServer(certificate(), (request, response) => {
    const { method, headers, url: path } = request;
    const onward = http.request({ host: "127.0.0.1", port, path, method, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
}

/** Functions that create a server of another site, on http or https. The server answers with empty pages. */
export const strangers = {
  http: () => http.createServer(empty),
  https: () => https.createServer(certificate(), empty),
};

/** Runs a server until the end of the test `t`, and returns its port. */
export async function listen(t, server) {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return server.address().port;
}

function empty(_, response) {
  response.setHeader("Content-Type", "text/html; charset=utf-8");
  response.end("<!DOCTYPE html><title>Elsewhere</title>");
}

function certificate() {
  const folder = mkdtempSync(join(tmpdir(), "e2e-"));
  try {
    const [key, cert] = ["key.pem", "cert.pem"].map((name) => join(folder, name));
    const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
    const files = ["-keyout", key, "-out", cert];
    execFileSync("openssl", ["req", "-x509", ...kind, ...names, ...files], { stdio: ["ignore", "ignore", "pipe"] });
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
