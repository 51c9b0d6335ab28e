// Saves what somebody writes as they write it, on the server alone: nothing of it stays in the browser. It says so in a
// line below the form, and goes on trying while the server is away or nobody is logged in. A link or a button that leads
// away waits until the words are saved, because the next page may go on with them.

const SAVE = "/drafts/save";
const OWN_PAGE = "/drafts";
const TOKEN = "input[name=csrf_token]";
// After the last letter, and between attempts that came to nothing (milliseconds).
const PAUSE = 2_000;
const AGAIN = [2_000, 5_000, 15_000, 30_000];
// How long a way out of the page waits.
const PATIENCE = 2_000;
// What trying again does not mend: another device was later, one may not write here, it is gone, it is far too long.
const FINAL = [403, 404, 409, 422];
// Of what is sent while a page goes away, browsers take no more than this in all.
const MOST_ON_LEAVING = 60_000;

const whose = (page) => page.querySelector(".account summary")?.textContent;

class Draft {
  constructor(form, line) {
    this.form = form;
    this.line = line;
    this.place = new URLSearchParams(line.dataset.draft);
    this.saved = this.typed();
    // The attempt that is under way, and what it sent.
    this.asking = null;
    this.sent = null;
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

  // Whoever types on after a sending was broken off is writing still.
  goOn() {
    this.isOver = false;
    this.soon();
  }

  isUnsaved() {
    return !this.isOver && this.typed() !== this.saved;
  }

  // A saving that is under way may be one of fewer words.
  async settle() {
    await this.asking;
    if (this.isUnsaved()) await this.save();
  }

  say(word) {
    const sentence = this.line.dataset[word];
    if (this.line.textContent !== sentence) this.line.textContent = sentence;
  }

  save(isLeaving = false) {
    if (this.isOver || (this.asking && !isLeaving)) return this.asking;
    // What may have arrived is sent once more, word for word, before anything new.
    const attempt = isLeaving ? this.attempt() : this.unsure ?? this.attempt();
    if (attempt.typed === (this.asking ? this.sent : this.saved)) return this.asking;
    this.sent = attempt.typed;
    const asking = this.send(attempt).finally(() => {
      if (this.asking === asking) this.asking = null;
    });
    this.asking = asking;
    return asking;
  }

  async send(attempt) {
    let answer = null;
    try {
      answer = await fetch(SAVE, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: attempt.body,
        cache: "no-store",
        keepalive: attempt.length * 3 < MOST_ON_LEAVING,
      });
    } catch {
      // The server is away, or the page goes.
    }
    if (answer?.ok) await this.keep(attempt, await answer.json());
    else await this.goOnTrying(attempt, answer?.status ?? 0);
  }

  attempt() {
    const { elements } = this.form;
    const text = elements.text.value;
    const body = new FormData(this.form);
    for (const [name, value] of this.place) body.set(name, value);
    const length = text.length + elements.unanswered.value.length;
    // Until an answer comes, these words may be what stands there, and whatever is sent next says so.
    elements.unanswered.value = text;
    return { body, text, length, typed: this.typed() };
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
    // It is tried once more when somebody types on.
    if (FINAL.includes(status)) return;
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
  draft.form.addEventListener("input", () => draft.goOn());
  draft.form.addEventListener("submit", () => draft.stop());
}

addEventListener("pageshow", () => {
  for (const draft of drafts) draft.isOver = false;
});

// A phone that needs room may end a page that is out of sight, without another word.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") for (const draft of drafts) draft.save(true);
});

// A page goes only when the next one came, so the words are sent before that is asked for: while somebody is asked
// whether to leave (unsaved.js), they arrive.
for (const name of ["beforeunload", "pagehide"]) {
  addEventListener(name, () => {
    for (const draft of drafts) draft.save(true);
  });
}

const isUnsaved = () => drafts.some((draft) => draft.isUnsaved());

function settled() {
  const patience = new Promise((done) => setTimeout(done, PATIENCE));
  return Promise.race([Promise.all(drafts.map((draft) => draft.settle())), patience]);
}

function leadsAway(link) {
  const isPart = link.hash && link.href.split("#")[0] === location.href.split("#")[0];
  return link.origin === location.origin && !link.target && !link.hasAttribute("download") && !isPart;
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[href]");
  const opensElsewhere = event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
  if (!link || opensElsewhere || event.defaultPrevented || !leadsAway(link) || !isUnsaved()) return;
  event.preventDefault();
  await settled();
  location.assign(link.href);
});

let isSettled = false;

// Before anybody else hears of it: the form is sent as if it was pressed only now.
addEventListener(
  "submit",
  async (event) => {
    const { target: form, submitter } = event;
    const isOwn = drafts.some((draft) => draft.form === form);
    if (isOwn || isSettled || form.hasAttribute("target") || !isUnsaved()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    await settled();
    isSettled = true;
    form.requestSubmit(submitter);
    isSettled = false;
  },
  true,
);
