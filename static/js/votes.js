// [data-vote]: its buttons vote in place; what comes back is how they stand then, or why not.
document.addEventListener("submit", async (event) => {
  const { submitter, target } = event;
  const place = submitter?.closest("[data-vote]");
  if (!place) return;
  event.preventDefault();
  const end = submitter.previousSibling ? "lastChild" : "firstChild";
  const asked = { method: "POST", body: new FormData(target, submitter), headers: { "HX-Request": "true" } };
  const said = await fetch(submitter.formAction, asked).then((answer) => answer.text(), String);
  if (!said.startsWith("<b")) return location.assign(submitter.formAction); // a page that says more
  place.innerHTML = said;
  place[end].focus();
});
