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

// A page made for a guest without a pen has links. A first post gave them one: the page of now has the buttons.
export async function take() {
  const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
  const form = page.getElementById("vote");
  if (!form) return;
  for (const link of document.querySelectorAll(".acts a.vote")) {
    const acts = link.parentElement;
    const made = page.getElementById(acts.id);
    const place = made?.querySelector("[data-vote]");
    if (place) link.replaceWith(place);
    else if (made?.previousElementSibling === form) acts.before(form); // on the comment's own page
    else continue;
    link.remove();
    acts.querySelector(":scope > [data-score]")?.remove();
  }
  if (!document.getElementById("vote")) document.querySelector(".talk").append(form);
  document.querySelector(".mast").replaceWith(page.querySelector(".mast"));
}
