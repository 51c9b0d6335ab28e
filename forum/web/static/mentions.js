// Names of people in the topic, to choose from after an @. They can be typed in full just as well. Enter stays a new
// line until somebody went into the list.

// Before the @ stands nothing that it could belong to, as in an address.
const NAME = /(?:^|[^\p{L}\p{N}\p{M}/@.\\])@([\p{L}\p{M}\p{N}_-]{1,39})$/u;
const PAUSE = 150;
const MOST_NAMES = 5;

class Names {
  constructor(place) {
    const help = place.querySelector("template");
    const [names, status] = help.content.cloneNode(true).querySelectorAll("[role=listbox], [role=status]");
    const text = place.querySelector("textarea");
    Object.assign(this, { place, names, status, text, words: help.dataset });
    text.after(names, status);
    text.setAttribute("aria-autocomplete", "list");
    text.setAttribute("aria-controls", names.id);
    text.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.close();
      if (this.typed()) this.timer = setTimeout(() => this.ask(), PAUSE);
    });
    text.addEventListener("keydown", (event) => this.key(event));
    text.addEventListener("blur", () => this.close());
    // The text keeps the focus, else the list would be gone before it was pressed.
    names.addEventListener("pointerdown", (event) => event.preventDefault());
    names.addEventListener("click", ({ target }) => this.take(target.closest("li")));
  }

  typed() {
    const { value, selectionStart, selectionEnd } = this.text;
    return selectionStart === selectionEnd && NAME.exec(value.slice(0, selectionEnd))?.[1];
  }

  async ask() {
    const typed = this.typed();
    if (!typed) return;
    let names = [];
    try {
      const answer = await fetch(`${this.place.dataset.people}?${new URLSearchParams({ q: typed })}`);
      if (answer.ok) ({ names } = await answer.json());
    } catch {
      // Without the list a name is typed in full.
    }
    // Somebody types on while the answer is under way.
    if (typed === this.typed() && document.activeElement === this.text) this.show(names.slice(0, MOST_NAMES), typed);
  }

  show(names, typed) {
    if (!names.length || (names.length === 1 && names[0] === typed)) return;
    const options = names.map((name, at) => {
      const option = document.createElement("li");
      Object.assign(option, { id: `${this.names.id}-${at}`, role: "option", textContent: name, ariaSelected: "false" });
      return option;
    });
    this.names.replaceChildren(...options);
    this.names.hidden = false;
    this.status.textContent = `${this.words.found} ${names.join(", ")}`;
  }

  close() {
    this.names.hidden = true;
    this.names.replaceChildren();
    this.status.textContent = "";
    this.text.removeAttribute("aria-activedescendant");
  }

  key(event) {
    if (this.names.hidden || event.isComposing) return;
    const options = [...this.names.children];
    const at = options.findIndex((one) => one.ariaSelected === "true");
    if (event.key === "Escape") this.close();
    else if (event.key === "ArrowDown") this.choose(options, at + 1);
    else if (event.key === "ArrowUp") this.choose(options, at < 0 ? -1 : at - 1);
    else if (event.key === "Enter" && at >= 0) this.take(options[at]);
    else return;
    event.preventDefault();
  }

  choose(options, to) {
    const chosen = options.at(to % options.length);
    for (const one of options) one.ariaSelected = String(one === chosen);
    this.text.setAttribute("aria-activedescendant", chosen.id);
  }

  take(option) {
    const typed = this.typed();
    if (!option || !typed) return;
    const { text } = this;
    const at = text.selectionEnd;
    const name = `${option.textContent} `;
    text.setSelectionRange(at - typed.length, at);
    // As if it was typed: it can be undone, and whoever listens hears of it.
    if (!document.execCommand("insertText", false, name)) {
      text.setRangeText(name, at - typed.length, at, "end");
      text.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }
    this.close();
  }
}

for (const place of document.querySelectorAll("[data-people]:has(template)")) new Names(place);
