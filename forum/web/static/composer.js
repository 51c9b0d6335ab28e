// Buttons for those who know no Markdown, and words of a post quoted where they were selected. Everything can be typed
// by hand, too, and is undone like typing. Names after an @ are in mentions.js.

class Composer {
  constructor(place) {
    const help = place.querySelector("template");
    this.words = help.dataset;
    this.text = place.querySelector("textarea");
    this.tools = help.content.cloneNode(true).querySelector("[role=toolbar]");
    this.buttons = [...this.tools.querySelectorAll("button")];
    this.text.before(this.tools);
    this.reach(0);
    this.tools.addEventListener("click", ({ target }) => this[target.closest("button")?.dataset.do]?.());
    this.tools.addEventListener("keydown", (event) => this.walk(event));
    this.text.addEventListener("keydown", (event) => this.shortcut(event));
    this.text.addEventListener("focus", () => (this.wasFocused = true), { once: true });
  }

  // One stop of the Tab key, with arrows from one button to the next.
  walk(event) {
    const at = this.buttons.indexOf(document.activeElement);
    const step = document.dir === "rtl" ? -1 : 1;
    const to = { ArrowRight: at + step, ArrowLeft: at - step, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.reach(to).focus();
  }

  reach(to) {
    const button = this.buttons.at(to % this.buttons.length);
    for (const one of this.buttons) one.tabIndex = one === button ? 0 : -1;
    return button;
  }

  shortcut(event) {
    const what = { b: "bold", i: "italic" }[event.key];
    if (!what || event.ctrlKey === event.metaKey || event.altKey || event.shiftKey) return;
    event.preventDefault();
    this[what]();
  }

  // As if the words were typed: it can be undone, and whoever listens hears of it.
  put(words, from, to) {
    const { text } = this;
    text.focus();
    text.setSelectionRange(from, to);
    if (document.execCommand("insertText", false, words)) return;
    text.setRangeText(words, from, to, "end");
    text.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }

  bold = () => this.mark("**");
  italic = () => this.mark("_");
  quote = () => this.begin("> ");
  list = () => this.begin("- ");

  mark(mark) {
    const { value, selectionStart, selectionEnd } = this.text;
    const chosen = value.slice(selectionStart, selectionEnd);
    // Marks beside a space are none, so they stand close to the words.
    const inner = chosen.trim();
    const from = selectionStart + chosen.indexOf(inner);
    const to = from + inner.length;
    const { length } = mark;
    if (inner && value.slice(from - length, from) === mark && value.slice(to, to + length) === mark) {
      this.put(inner, from - length, to + length);
      this.text.setSelectionRange(from - length, to - length);
    } else {
      this.put(mark + inner + mark, from, to);
      this.text.setSelectionRange(from + length, to + length);
    }
  }

  // All lines touched begin so; if they do already, none does any more.
  begin(mark) {
    const { value, selectionStart, selectionEnd } = this.text;
    const from = value.lastIndexOf("\n", selectionStart - 1) + 1;
    const end = value.indexOf("\n", selectionEnd);
    const to = end < 0 ? value.length : end;
    const lines = value.slice(from, to).split("\n");
    const isOn = lines.every((line) => line.startsWith(mark));
    this.put(lines.map((line) => (isOn ? line.slice(mark.length) : mark + line)).join("\n"), from, to);
  }

  link() {
    const { value, selectionStart: from, selectionEnd: to } = this.text;
    const words = value.slice(from, to) || this.words.link;
    this.put(`[${words}](https://)`, from, to);
    const address = from + words.length + 3;
    this.text.setSelectionRange(address, address + 8);
  }

  goToEnd() {
    this.text.focus();
    this.text.setSelectionRange(this.text.value.length, this.text.value.length);
  }

  quotePost(number, id, words) {
    const { value, selectionEnd } = this.text;
    // As long as nobody was in it, the cursor stands before what the field came with.
    const at = this.wasFocused ? selectionEnd : value.length;
    const before = value.slice(0, at).trimEnd();
    const block = words.map((line) => `> ${line}`).join("\n>\n");
    this.put(`${before && "\n\n"}> [#${number}](/posts/${id})\n${block}\n\n`, before.length, at);
  }
}

// --- the link that quotes a post does it on the page: the words that are selected there, or all of them

// What is selected of a post from its first selected word on; three clicks reach beyond their paragraph.
function selectedIn(prose) {
  const selection = getSelection();
  const range = selection.rangeCount && selection.getRangeAt(0).cloneRange();
  if (!range || !prose.contains(range.startContainer)) return null;
  if (!prose.contains(range.endContainer)) range.setEnd(prose, prose.childNodes.length);
  return range.toString().trim() ? range : null;
}

function everythingIn(prose) {
  const range = document.createRange();
  range.selectNodeContents(prose);
  return range;
}

// As somebody reads them, without pictures and without what the post itself quotes.
function linesOf(range) {
  const part = document.createElement("div");
  part.append(range.cloneContents());
  for (const one of part.querySelectorAll('figure, blockquote:has(> p:first-child > a[href^="/posts/"])')) one.remove();
  for (const block of part.querySelectorAll("p, li, pre, blockquote, br")) {
    block.before("\n");
    block.after("\n");
  }
  return part.textContent.split("\n").map((line) => line.replace(/\s+/g, " ").trim()).filter(Boolean);
}

function listenTo(link, composer) {
  const post = link.closest(".post");
  const prose = post.querySelector(".prose");
  const label = [...link.childNodes].find((node) => node.data?.trim());
  const whole = label.data;
  let chosen = null;
  document.addEventListener("selectionchange", () => {
    // Pressing the link may take the selection away before anything else is heard.
    chosen = selectedIn(prose) ?? (link.matches(":active, :focus") ? chosen : null);
    label.data = chosen ? composer.words.quote : whole;
  });
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const words = linesOf(chosen ?? everythingIn(prose));
    // Pictures, and what the post quotes itself, are nothing to quote.
    if (!words.length) return composer.text.focus();
    const number = post.querySelector(".number").textContent.match(/\d+/)[0];
    composer.quotePost(number, new URL(link.href).searchParams.get("quote"), words);
  });
}

const place = document.querySelector("[data-composer]:has(template)");
if (place) {
  const composer = new Composer(place);
  for (const link of document.querySelectorAll('.post a[href*="/reply?quote="]')) listenTo(link, composer);
  // The page opened with a quote in the field: what one has to say to it comes after.
  if (new URLSearchParams(location.search).has("quote")) composer.goToEnd();
}
