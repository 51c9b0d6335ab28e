// Says times the way people do ("8 minutes ago", "Tuesday") and keeps the exact one for whoever points at it.
// Pages carry the full date, so that they can be stored and work without this.

// Our English is British: the day before the month, as the server writes it.
const chosen = document.documentElement.lang || "en";
const language = chosen === "en" ? "en-GB" : chosen;
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const exact = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short" });
const words = (options) => new Intl.DateTimeFormat(language, options);

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function midnight(moment) {
  return new Date(moment.getFullYear(), moment.getMonth(), moment.getDate());
}

function say(moment, now) {
  const passed = now - moment;
  if (passed < 0) return null;
  if (passed < HOUR) return relative.format(-Math.floor(passed / MINUTE), "minute");
  const days = Math.round((midnight(now) - midnight(moment)) / (24 * HOUR));
  if (days === 0 || passed < 6 * HOUR) return relative.format(-Math.floor(passed / HOUR), "hour");
  if (days === 1) return relative.format(-1, "day");
  if (days < 7) return words({ weekday: "long" }).format(moment);
  const thisYear = moment.getFullYear() === now.getFullYear();
  return words({ day: "numeric", month: "long", year: thisYear ? undefined : "numeric" }).format(moment);
}

const now = new Date();
for (const element of document.querySelectorAll("time[datetime*='T']")) {
  const moment = new Date(element.dateTime);
  if (Number.isNaN(moment.getTime())) continue;
  element.title = exact.format(moment);
  const said = say(moment, now);
  if (said !== null && !element.hasAttribute("data-exact")) element.textContent = said;
}
