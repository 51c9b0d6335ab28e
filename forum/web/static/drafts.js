// Saves what somebody writes as they write it, on the server alone: nothing of it stays in the browser. It says so in a
// line below the form, and goes on trying while the server is away or nobody is logged in.

const SAVE = "/drafts/save";
const OWN_PAGE = "/drafts";
const TOKEN = "input[name=csrf_token]";
// After the last letter, and between attempts that came to nothing (milliseconds).
const PAUSE = 2_000;
const AGAIN = [2_000, 5_000, 15_000, 30_000];
// Of what is sent while a page goes away, browsers take no more than this in all.
const MOST_ON_LEAVING = 60_000;

const whose = (page) => page.querySelector(".account summary")?.textContent;

class Draft {
  constructor(form, line) {
    this.form = form;
    this.line = line;
    this.place = new URLSearchParams(line.dataset.draft);
    this.saved = this.typed();
    this.isAsking = false;
    // An attempt of which nobody knows whether it arrived.
    this.unsure = null;
    this.failures = 0;
    this.timer = 0;
  }

  // Everything that one can type or choose, and nothing else of the form.
  typed() {
    const fields = [...new FormData(this.form)].filter(([name]) => !["csrf_token", "revision", "unanswered"].includes(name));
    return JSON.stringify(fields);
  }

  soon(wait = PAUSE) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), wait);
  }

  stop() {
    clearTimeout(this.timer);
    this.isOver = true;
  }

  say(word) {
    const sentence = this.line.dataset[word];
    if (this.line.textContent !== sentence) this.line.textContent = sentence;
  }

  async save(isLeaving = false) {
    if (this.isOver || (this.isAsking && !isLeaving)) return;
    // What may have arrived is sent once more, word for word, before anything new.
    const attempt = isLeaving ? this.attempt() : this.unsure ?? this.attempt();
    if (attempt.typed === this.saved) return;
    this.isAsking = true;
    let answer = null;
    try {
      answer = await fetch(SAVE, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: attempt.body,
        cache: "no-store",
        keepalive: attempt.text.length * 3 < MOST_ON_LEAVING,
      });
    } catch {
      // The server is away, or the page goes.
    }
    this.isAsking = false;
    if (answer?.ok) await this.keep(attempt, await answer.json());
    else await this.goOnTrying(attempt, answer?.status ?? 0);
  }

  attempt() {
    const { elements } = this.form;
    const text = elements.text.value;
    const body = new FormData(this.form);
    for (const [name, value] of this.place) body.set(name, value);
    // Until an answer comes, these words may be what stands there, and whatever is sent next says so.
    elements.unanswered.value = text;
    return { body, text, typed: this.typed() };
  }

  async keep({ typed, text }, { revision }) {
    const { elements } = this.form;
    elements.revision.value = revision;
    elements.unanswered.value = "";
    // What is saved may be left behind without being asked.
    elements.text.defaultValue = text;
    this.saved = typed;
    this.unsure = null;
    this.failures = 0;
    if (this.typed() === typed) this.say("saved");
    else this.soon();
  }

  async goOnTrying(attempt, status) {
    // A token ends with the session in which the page was opened; whoever logged in again has a new one.
    if (status === 400) await this.renewToken();
    this.unsure = status === 0 || status >= 500 ? attempt : null;
    this.say({ 401: "loggedOut", 409: "elsewhere", 403: "refused", 404: "refused", 422: "refused" }[status] ?? "waiting");
    // Whoever has two texts has to look at both first.
    if (status === 409) return;
    this.soon(AGAIN[Math.min(this.failures, AGAIN.length - 1)]);
    this.failures += 1;
  }

  async renewToken() {
    try {
      const page = new DOMParser().parseFromString(await (await fetch(OWN_PAGE)).text(), "text/html");
      // Somebody else may have logged in with this browser: these words are not theirs.
      if (whose(page) === whose(document)) this.form.elements.csrf_token.value = page.querySelector(TOKEN).value;
    } catch {
      // The next attempt asks again.
    }
  }
}

const drafts = [...document.querySelectorAll("form [data-draft]")].map((line) => new Draft(line.closest("form"), line));

for (const draft of drafts) {
  draft.form.addEventListener("input", () => draft.soon());
  draft.form.addEventListener("submit", () => draft.stop());
}

addEventListener("pageshow", () => {
  for (const draft of drafts) draft.isOver = false;
});

// A phone that needs room may end a page that is out of sight, without another word.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") for (const draft of drafts) draft.save(true);
});

addEventListener("pagehide", () => {
  for (const draft of drafts) draft.save(true);
});
