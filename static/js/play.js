// a[data-play]: the player, kept in a template until now, takes the place of the picture.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-play]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const screen = link.closest(".screen");
  const player = document.getElementById(link.dataset.play)?.content.cloneNode(true);
  if (!screen || !player) return;
  event.preventDefault();
  screen.firstElementChild.replaceWith(player);
  screen.firstElementChild.focus();
});
