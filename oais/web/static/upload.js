// Sends a delivery in pieces (tus 1.0.0), shows how far it is, and goes on where the archive has it.
// Without this file the form sends the delivery in one piece. Part of this project, under its licence.
"use strict";
(() => {
  const form = document.querySelector("form[data-resumable]");
  if (!form) return;
  const DEPOSITS = "/api/v1/deposits", TUS = { "Tus-Resumable": "1.0.0" };
  const LONGEST_PAUSE = 30000;
  const PASSING = [0, 408, 409, 423, 429, 460, 500, 502, 503, 504];
  const part = (name) => document.querySelector(`[data-part=${name}]`);
  const [panel, bar, figure, state, stop, button] =
    ["panel", "bar", "figure", "state", "stop", "send"].map(part);
  let line = null, stopped = false;

  const say = (name, more = "") => { state.textContent = `${state.dataset[name] || ""} ${more}`.trim(); };
  const base64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  const word = (text) => base64(new TextEncoder().encode(text));

  // One request: fetch does not tell how much of a body has gone, XMLHttpRequest does.
  const ask = (method, path, headers = {}, body = null, moved = null) => new Promise((resolve) => {
    line = new XMLHttpRequest();
    line.open(method, path);
    const sent = { Accept: "application/json", "X-CSRF-Token": form.elements.csrf.value, ...headers };
    for (const [name, value] of Object.entries(sent)) line.setRequestHeader(name, value);
    if (moved) line.upload.onprogress = (event) => moved(event.loaded);
    line.onloadend = ({ target }) => resolve(target);
    line.send(body);
  });

  const told = (answer) => {
    try { return JSON.parse(answer.responseText); } catch { return { detail: answer.statusText }; }
  };

  const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

  // Ask until there is an answer that lasts; what passes is waited for, longer each time.
  const patiently = async (request) => {
    for (let wait = 1000; ; wait = Math.min(2 * wait, LONGEST_PAUSE)) {
      const answer = await request();
      if (stopped) throw new Error("stopped");
      if (answer.status >= 200 && answer.status < 300) return answer;
      if (!PASSING.includes(answer.status)) throw answer;
      say("again");
      await pause(1000 * Number(answer.getResponseHeader("Retry-After")) || wait);
      if (stopped) throw new Error("stopped");
    }
  };

  const show = (file, done) => {
    bar.max = file.size;
    bar.value = done;
    figure.textContent = `${Math.floor((100 * done) / file.size)} %`;
  };

  // The upload of this very file that is under way, known by the file's size and time, else a new one.
  const foundOrBegun = async (file) => {
    const fingerprint = `browser ${file.size} ${file.lastModified}`;
    const known = told(await patiently(() => ask("GET", DEPOSITS))).deposits.find((one) =>
      one.state === "uploading" && one.name === file.name && one.length === file.size &&
      one.fingerprint === fingerprint);
    if (known) return known.id;
    const begun = await patiently(() => ask("POST", DEPOSITS, {
      ...TUS,
      "Upload-Length": String(file.size),
      "Upload-Metadata": `filename ${word(file.name)},fingerprint ${word(fingerprint)}`,
    }));
    return begun.getResponseHeader("Location").split("/").pop();
  };

  const digest = async (bytes) => {
    if (!window.crypto?.subtle) return {};  // only over TLS, or on this machine
    return { "Upload-Checksum": `sha256 ${base64(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)))}` };
  };

  const sendPiece = async (file, path) => {
    const head = await ask("HEAD", path, TUS);
    if (head.status !== 200) return head;
    const offset = Number(head.getResponseHeader("Upload-Offset"));
    show(file, offset);
    if (offset >= file.size) return head;
    const bytes = await file.slice(offset, offset + Number(form.dataset.resumable)).arrayBuffer();
    const headers = {
      ...TUS,
      ...(await digest(bytes)),
      "Content-Type": "application/offset+octet-stream",
      "Upload-Offset": String(offset),
    };
    say("sending");
    return ask("PATCH", path, headers, bytes, (sent) => show(file, offset + sent));
  };

  const deliver = async (file) => {
    const id = await foundOrBegun(file), path = `${DEPOSITS}/${id}`;
    for (let done = 0; done < file.size;) {
      const answer = await patiently(() => sendPiece(file, path));
      done = Number(answer.getResponseHeader("Upload-Offset"));
      show(file, done);
    }
    say("done");
    location.assign(`/me/deposits/${id}`);
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const [file] = form.elements.delivery.files;
    if (!file) return;
    stopped = false;
    panel.hidden = stop.hidden = false;
    button.disabled = true;
    show(file, 0);
    say("sending");
    try {
      await deliver(file);
    } catch (fault) {
      const { detail = "", remedy = "" } = fault instanceof XMLHttpRequest ? told(fault) : {};
      say(stopped ? "stopped" : "failed", [detail, remedy].filter(Boolean).join(". "));
    } finally {
      button.disabled = false;
      stop.hidden = true;
    }
  });
  stop.addEventListener("click", () => {
    stopped = true;
    line?.abort();
    say("stopped");
  });
})();
