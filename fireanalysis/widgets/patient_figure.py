"""A figure in a notebook that is drawn however long the browser takes to load plotly's program."""

from pathlib import Path

import plotly
import plotly.graph_objects as go
import traitlets

PROGRAM = Path(plotly.__file__).parent / "package_data" / "widgetbundle.js"


class PatientFigure(go.FigureWidget):
    """A FigureWidget for a busy machine.

    anywidget gives a widget's program two seconds to load, and never hears its kernel again if it takes longer: the
    figure stays empty. Plotly's program is large. So here a small one is loaded at once, which loads plotly's, keeps
    what the kernel says meanwhile, and hands it on.

    Examples
    --------
    >>> PatientFigure(go.Scatter(y=[1, 2])).data[0].y
    (1, 2)
    """

    _esm = """
    const SAID = ["addTraces", "deleteTraces", "moveTraces", "restyle", "relayout", "update", "animate",
                  "removeLayoutProps", "removeTraceProps"].map(name => `_py2js_${name}`);
    export default () => {
      let loading;
      return {
        initialize({ model }) {
          const early = [];
          let loaded = false;
          for (const name of SAID) {
            model.on(`change:${name}`, () => {
              if (!loaded && model.get(name) !== null) early.push([name, model.get(name)]);
            });
          }
          const address = URL.createObjectURL(new Blob([model.get("_program")], { type: "text/javascript" }));
          loading = import(address).then(program => {
            URL.revokeObjectURL(address);
            const figure = program.default();
            loaded = true;
            figure.initialize({ model });
            for (const [name, said] of early) {
              model.set(name, said);
              model.set(name, null);
            }
            return figure;
          });
        },
        async render({ model, el }) {
          return (await loading).render({ model, el });
        },
      };
    };
    """
    _program = traitlets.Unicode(PROGRAM.read_text(encoding="utf-8")).tag(sync=True)
