// Asks before a page with words that were not sent yet is left: a slip of the finger must not cost them.

const texts = [...document.querySelectorAll("textarea[data-keep]")];
let isSending = false;

document.addEventListener("submit", () => {
  isSending = true;
});

addEventListener("pageshow", () => {
  isSending = false;
});

addEventListener("beforeunload", (event) => {
  if (!isSending && texts.some((text) => text.value.trim() && text.value !== text.defaultValue)) event.preventDefault();
});
