// a[data-sort]: the order that is followed is the usual one from then on.
document.addEventListener("click", ({ target }) => {
  const { sort } = target.dataset;
  if (!sort) return;
  document.cookie = target.parentNode.dataset.cookie.replace("*", sort);
  const form = document.forms.vote;
  if (form) navigator.sendBeacon(`/order/?sort=${sort}`, new FormData(form));
});
