// A second press of a button sends nothing: hands that shake press twice. The form stays as it is, so that
// nothing typed is lost, and opens again when the page comes back or the answer takes long.

const PATIENCE = 10_000;

function open(form) {
  form.removeAttribute("aria-busy");
  for (const button of form.querySelectorAll("button[aria-disabled]")) button.removeAttribute("aria-disabled");
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.getAttribute("aria-busy") === "true") {
    event.preventDefault();
    return;
  }
  form.setAttribute("aria-busy", "true");
  // Not "disabled": the pressed button's own value is still to be sent, and the focus stays on it.
  for (const button of form.querySelectorAll("button:not([type=button])")) button.setAttribute("aria-disabled", "true");
  setTimeout(open, PATIENCE, form);
});

addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[aria-busy]")) open(form);
});
