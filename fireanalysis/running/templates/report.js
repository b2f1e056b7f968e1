(function () {
  "use strict";
  const button = document.querySelector(".bar button");
  button.addEventListener("click", function () {
    const open = button.getAttribute("aria-pressed") !== "true";
    document.querySelectorAll("details.code").forEach(function (part) { part.open = open; });
    button.setAttribute("aria-pressed", open);
    button.textContent = open ? "Fold all code" : "Show all code";
  });

  function draw(box) {
    const plot = box.querySelector(".plot");
    if (box.dataset.drawn) { return; }
    box.dataset.drawn = "yes";
    if (!window.Plotly) {
      plot.textContent = "Figures need the file plotly.min.js beside this page.";
      return;
    }
    const figure = JSON.parse(box.querySelector("script").textContent);
    const layout = figure.layout;
    // A fixed width wider than the page would be cut off; then the figure takes the page's width.
    if (layout.width > plot.clientWidth) {
      delete layout.width;
      layout.autosize = true;
    }
    Plotly.newPlot(plot, figure).catch(function (problem) { plot.textContent = "This figure could not be drawn: " + problem; });
  }

  // Figures are drawn when they come near the window: a page of twenty opens at once, and its plots get their
  // WebGL contexts one by one.
  const watch = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      if (entry.isIntersecting) {
        watch.unobserve(entry.target);
        draw(entry.target);
      }
    });
  }, { rootMargin: "800px" });
  const figures = document.querySelectorAll("figure.plotly");
  figures.forEach(function (box) { watch.observe(box); });
  window.addEventListener("beforeprint", function () { figures.forEach(draw); });
})();
