// A switch must never look saved when it is not. If htmx could not save, the same form is sent
// the ordinary way, so the page that comes says what happened. Opting out twice does no harm.
for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failure, (event) => event.target.closest("form")?.submit());
}
