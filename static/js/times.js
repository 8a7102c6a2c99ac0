// time[datetime]: a moment of the last four weeks is told by its age; the exact words go to the title.
const MINUTE = 60, HOUR = 3600, DAY = 86400; // seconds
const YOUNG = 28 * DAY;
const words = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "auto" });

function say(age) {
  if (age < 0.75 * MINUTE) return words.format(0, "second");
  if (age < 50 * MINUTE) return words.format(-Math.max(1, Math.round(age / MINUTE)), "minute");
  if (age < 22 * HOUR) return words.format(-Math.max(1, Math.round(age / HOUR)), "hour");
  return words.format(-Math.max(1, Math.round(age / DAY)), "day");
}

function tell(root) {
  for (const time of root.querySelectorAll("time[datetime*='T']")) {
    const age = (Date.now() - Date.parse(time.dateTime)) / 1000;
    if (!(age > -MINUTE && age < YOUNG)) continue;
    time.title ||= time.textContent;
    time.textContent = say(age);
  }
}

tell(document);
setInterval(() => document.hidden || tell(document), MINUTE * 1000);
document.addEventListener("foyer:new", (event) => tell(event.target));
