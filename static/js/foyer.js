// All that pages do beyond their links and forms; each works without it. One behaviour a file.
import "./times.js";
import "./folds.js";
import "./forms.js";
import "./writing.js";
import "./play.js";
import "./order.js";
import "./along.js";

// What few pages have is asked for there.
const count = ({ target }) => target.querySelector("textarea[data-limit]") && import("./count.js");
count({ target: document });
document.addEventListener("foyer:new", count);
const prove = ({ target }) => target.querySelector("[data-proof]") && import("./proof.js").then((proof) => proof.start(target));
prove({ target: document });
document.addEventListener("foyer:new", prove);
if (document.querySelector("[data-vote]")) import("./votes.js");
document.addEventListener("foyer:new", ({ target }) => {
  if (target.matches(".mine") && document.querySelector("a.vote")) import("./votes.js").then((votes) => votes.take());
});
if (document.querySelector("[data-seen], [data-next-new]")) import("./newness.js");
const box = document.querySelector("[data-suggest]");
if (box) {
  const start = () => import("./suggest.js");
  if (document.activeElement === box) start();
  else box.addEventListener("focus", start, { once: true });
}
