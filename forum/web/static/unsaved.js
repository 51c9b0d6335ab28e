// Asks before a page with words that were not sent yet is left: a slip of the finger must not cost them.

const texts = [...document.querySelectorAll("textarea[data-keep]")];
let isSending = false;

document.addEventListener("submit", () => {
  isSending = true;
});

// Whoever types on has broken the sending off.
document.addEventListener("input", () => {
  isSending = false;
});

addEventListener("pageshow", () => {
  isSending = false;
});

addEventListener("beforeunload", (event) => {
  if (!isSending && texts.some((text) => text.value.trim() && text.value !== text.defaultValue)) event.preventDefault();
});
