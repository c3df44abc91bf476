// Runs WebAuthn, reveals what needs scripts, copies, masks passwords again. Every form but WebAuthn's
// works without it; every word it shows comes from the page's data-* attributes.
(() => {
  "use strict";
  const able = Boolean(window.PublicKeyCredential && navigator.credentials);
  const each = (selector, act) => document.querySelectorAll(selector).forEach(act);
  const renewAfter = 270000; // a challenge lives five minutes

  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(Array.from(new Uint8Array(buffer), (b) => String.fromCharCode(b)).join(""))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const decode = (options, create) => {
    const parse = create ? "parseCreationOptionsFromJSON" : "parseRequestOptionsFromJSON";
    try {
      return PublicKeyCredential[parse](options);
    } catch {
      options.challenge = bytes(options.challenge);
      if (options.user) options.user.id = bytes(options.user.id);
      for (const list of [options.allowCredentials, options.excludeCredentials]) {
        for (const known of list || []) known.id = bytes(known.id);
      }
      return options;
    }
  };

  const encode = (credential) => {
    try {
      return JSON.stringify(credential.toJSON());
    } catch { // password managers answer with objects of their own
      const response = {};
      for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
        if (credential.response[name]) response[name] = text(credential.response[name]);
      }
      if (credential.response.getTransports) response.transports = credential.response.getTransports();
      return JSON.stringify({
        id: credential.id,
        rawId: text(credential.rawId),
        type: credential.type,
        response,
        clientExtensionResults: credential.getClientExtensionResults(),
      });
    }
  };

  const ask = async (form, autofill, signal) => {
    const create = form.dataset.webauthn === "create";
    const answer = await fetch(form.dataset.options, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams({ csrf: form.elements.csrf.value }),
      signal,
    });
    if (!answer.ok) throw new Error(String(answer.status));
    const request = { publicKey: decode((await answer.json()).publicKey, create), signal };
    if (autofill) request.mediation = "conditional";
    const credential = await navigator.credentials[create ? "create" : "get"](request);
    if (!credential || signal.aborted) return;
    form.elements.credential.value = encode(credential);
    leaving = true;
    form.submit();
  };

  const say = (form, name) => {
    form.querySelector("[role=status]").textContent = form.dataset[name] || form.dataset.failed || "";
  };
  const problem = (error, create) => {
    if (error.name === "NotAllowedError") return "cancelled";
    return create && error.name === "InvalidStateError" ? "exists" : "failed";
  };

  // Browsers allow one call at a time; the last click wins, and autofill waits for it.
  let open = null;
  let turns = 0;
  let leaving = false; // an answer is on its way: new options would make it stale
  const stop = async () => {
    const call = open;
    open = null;
    if (!call) return;
    call.control.abort();
    await call.done;
  };

  const start = async (form, autofill) => {
    const turn = ++turns;
    await stop();
    if (turn !== turns) return;
    const control = new AbortController();
    const call = { control, form, autofill, since: Date.now() };
    open = call;
    const leave = form.querySelector("[data-stop]");
    if (!autofill) {
      say(form, "waiting");
      leave.hidden = false;
    }
    call.done = ask(form, autofill, control.signal).catch((error) => {
      if (autofill) return;
      say(form, control.signal.aborted ? "cancelled" : problem(error, form.dataset.webauthn === "create"));
    });
    await call.done;
    leave.hidden = !open || open === call || open.autofill;
    if (open !== call) return;
    open = null;
    if (!autofill) fill();
  };

  const fill = async () => {
    const form = document.querySelector("form[data-autofill]");
    if (!form || !able || open || leaving || document.hidden) return;
    const possible = PublicKeyCredential.isConditionalMediationAvailable;
    if (possible && (await possible.call(PublicKeyCredential)) && !open && !leaving) start(form, true);
  };
  const renew = () => {
    if (open && open.autofill && !document.hidden && Date.now() - open.since > renewAfter) start(open.form, true);
  };

  each("[data-js]", (element) => {
    const need = element.dataset.js;
    element.hidden = need === "webauthn" ? !able : need === "no-webauthn" ? able : false;
  });
  each("form[data-webauthn]", (form) => {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      start(form, false);
    });
    form.querySelector("[data-stop]").addEventListener("click", () => stop().then(fill));
  });

  const show = (button, visible) => {
    document.getElementById(button.dataset.show).type = visible ? "text" : "password";
    button.setAttribute("aria-pressed", String(visible));
  };
  each("[data-show]", (button) =>
    button.addEventListener("click", () => show(button, button.getAttribute("aria-pressed") !== "true")));
  document.addEventListener("submit", () => each("[data-show]", (button) => show(button, false)), true);

  each("[data-copy]", (button) =>
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.parentElement.querySelector("[role=status]").textContent = button.dataset.done;
    }));

  const errors = document.querySelector(".errors");
  if (errors) errors.focus();
  const wake = () => (open ? renew() : fill());
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    leaving = false;
    wake();
  });
  document.addEventListener("visibilitychange", wake);
  setInterval(renew, 30000);
  fill();
})();
