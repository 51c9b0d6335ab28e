// Asks the device for a passkey, and sends the forum what it signed. The button only shows where there are passkeys.

const OPTIONS = "/auth/passkey/options";
const AS_PROGRAM = { Accept: "application/json" };

// The forum's JSON has bytes in base64url without padding, as WebAuthn level 3 writes them.
function bytes(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const named = (credential) => ({ ...credential, id: bytes(credential.id) });

function understood(options) {
  const publicKey = { ...options, challenge: bytes(options.challenge) };
  if (options.user) publicKey.user = { ...options.user, id: bytes(options.user.id) };
  for (const list of ["allowCredentials", "excludeCredentials"]) {
    if (options[list]) publicKey[list] = options[list].map(named);
  }
  return publicKey;
}

// No more of it than the forum looks at: what kind of device it is stays here.
function written(credential) {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[part]) response[part] = text(credential.response[part]);
  }
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
}

function send(address, fields) {
  const body = new URLSearchParams(fields);
  return fetch(address, { method: "POST", headers: AS_PROGRAM, body, cache: "no-store" });
}

async function reason(answer, otherwise) {
  try {
    return (await answer.json()).detail || otherwise;
  } catch {
    return otherwise;
  }
}

// Returns the sentence to say when it came to nothing; "" when the page goes on.
async function use(box, form) {
  const purpose = box.dataset.passkey;
  const asked = await send(OPTIONS, { csrf_token: form.elements.csrf_token.value, purpose });
  if (asked.status === 403 && purpose === "add") {
    // They have to show first that it is they: the forum asks for it when the form comes.
    form.submit();
    return "";
  }
  if (!asked.ok) return reason(asked, box.dataset.failed);
  const publicKey = understood(await asked.json());
  const wanted = purpose === "add" ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey });
  form.elements.credential.value = written(await wanted);
  const waiting = document.querySelector("form[data-waiting]");
  if (purpose !== "prove" || !waiting) {
    form.submit();
    return "";
  }
  const proved = await send(form.action, new FormData(form));
  if (!proved.ok) return reason(proved, box.dataset.failed);
  waiting.requestSubmit();
  return "";
}

function why(error, says) {
  if (error.name === "NotAllowedError" || error.name === "AbortError") return says.cancelled;
  return error.name === "InvalidStateError" ? says.known : says.failed;
}

async function press(event) {
  event.preventDefault();
  const form = event.target;
  if (form.getAttribute("aria-busy") === "true") return;
  const box = form.closest("[data-passkey]");
  const button = form.querySelector("button");
  const status = box.querySelector("[role=status]");
  form.setAttribute("aria-busy", "true");
  // Not "disabled": the focus stays on it.
  button.setAttribute("aria-disabled", "true");
  status.textContent = box.dataset.asking;
  let said;
  try {
    said = await use(box, form);
  } catch (error) {
    said = why(error, box.dataset);
  }
  form.elements.credential.value = said ? "" : form.elements.credential.value;
  status.textContent = said;
  if (!said) return;
  form.removeAttribute("aria-busy");
  button.removeAttribute("aria-disabled");
}

// A page that comes back from the browser's memory must not look as if it were still asking.
function rest(event) {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("[data-passkey] form")) {
    form.removeAttribute("aria-busy");
    form.querySelector("button").removeAttribute("aria-disabled");
    form.closest("[data-passkey]").querySelector("[role=status]").textContent = "";
  }
}

window.addEventListener("pageshow", rest);

if (window.PublicKeyCredential && navigator.credentials) {
  for (const box of document.querySelectorAll("[data-passkey]")) {
    box.hidden = false;
    box.querySelector("form").addEventListener("submit", press);
  }
  for (const sentence of document.querySelectorAll("[data-without-passkeys]")) sentence.hidden = true;
}
